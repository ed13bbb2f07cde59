import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from '@jest/globals';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A path in a folder of its own, gone after the test. */
export function temporaryFile(name = 'store.db'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-storage-'));
  made.push(folder);
  return path.join(folder, name);
}

/** The compiled entries that threads and children run from; `npm test` builds them first. */
export const built = (file: string): string => path.resolve('dist', 'storage', file);
