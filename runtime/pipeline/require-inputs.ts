import { kindOf } from '../node/files.js';
import { PipelineFailure } from './failure.js';
import type { JobInput } from './run-job.js';

const found = {
  file: 'a file',
  folder: 'a folder',
  other: 'something else',
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
 * @param as `candles`: a folder, or one CSV file
 * @throws PipelineFailure `input_missing`
 */
export async function requirePath(flag: string, target: string, as: 'file' | 'candles'): Promise<void> {
  const kind = await kindOf(target);
  const isRight =
    as === 'file' ? kind === 'file' : kind === 'folder' || (kind === 'file' && /\.csv$/i.test(target));
  if (isRight) return;
  const expected = as === 'file' ? 'a file' : 'a folder, or one CSV file';
  throw new PipelineFailure('input_missing', `${flag} ${target}: expected ${expected}, found ${found[kind]}`);
}
