import { kindOf, mayRead } from '../node/files.js';
import { PipelineFailure } from './failure.js';
import type { JobInput } from './run-job.js';

const found = {
  file: 'a file',
  folder: 'a folder',
  other: 'something else',
  denied: 'something this user may not look at',
  missing: 'nothing there',
} as const;

/**
 * Before anything is begun: a wrong path is found at once, not after minutes.
 * @throws PipelineFailure `input_missing`
 */
export async function requireInputs({ candles, strategies }: JobInput): Promise<void> {
  await requirePath('--candles', candles, 'candles');
  await requirePath('--strategies', strategies, 'file');
}

/**
 * Right in kind, and one that this user may read: a folder that cannot be listed would end the job as a surprise.
 * @param as `candles`: a folder, or one CSV file
 * @throws PipelineFailure `input_missing`
 */
export async function requirePath(flag: string, target: string, as: 'file' | 'candles'): Promise<void> {
  const kind = await kindOf(target);
  const isRight =
    as === 'file' ? kind === 'file' : kind === 'folder' || (kind === 'file' && /\.csv$/i.test(target));
  const readable = (kind !== 'file' && kind !== 'folder') || (await mayRead(target, kind));
  if (isRight && readable) return;
  const expected = as === 'file' ? 'a file' : 'a folder, or one CSV file';
  const reason = isRight ? `${found[kind]} this user may not read` : found[kind];
  throw new PipelineFailure('input_missing', `${flag} ${target}: expected ${expected}, found ${reason}`);
}
