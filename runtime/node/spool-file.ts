import { open, readFile } from 'node:fs/promises';
import type { Spool } from '../../actors/dead-letters/ports.js';

/** Opens the spool beside a dead-letters file; what an earlier process left in it is still there. */
export async function openSpoolFile(file: string): Promise<Spool> {
  const handle = await open(file, 'a', 0o644);
  let { size } = await handle.stat();
  return {
    get bytes() {
      return size;
    },
    append: async (text) => {
      try {
        await handle.appendFile(text);
        await handle.datasync();
      } finally {
        // A disk that filled up in between has taken a part: what is there counts, not what was meant.
        ({ size } = await handle.stat());
      }
    },
    read: () => readFile(file, 'utf8'),
    clear: async () => {
      await handle.truncate(0);
      await handle.sync();
      size = 0;
    },
    close: () => handle.close(),
  };
}
