import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { PipelineFailure } from './failure.js';

const signature = 'SQLite format 3\0';

/**
 * What stands at `--db` must be a SQLite file, or nothing yet. Asked before anything is made beside it, so that a
 * mistaken path leaves no files next to what it named.
 * @throws PipelineFailure `locked` a folder, `disk` a file of something else; what the system says when it denies us
 */
export function requireCore(core: string): void {
  const found = statSync(core, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory())
    throw new PipelineFailure('locked', `--db ${core}: expected a file, or nothing yet, found a folder`);
  const start = startOf(core);
  // Nothing but zeros is what a power cut may leave of a new file; SQLite decides what becomes of that.
  if (/^\0*$/.test(start) || start === signature) return;
  throw new PipelineFailure(
    'disk',
    `--db ${core}: expected a database of holdfast, found a file that begins with ${JSON.stringify(start)}; ` +
      'this is no sound database of ours; move it away or restore it',
  );
}

function startOf(file: string): string {
  const bytes = Buffer.alloc(signature.length);
  const handle = openSync(file, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}
