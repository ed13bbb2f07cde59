/**
 * Notices that a file was deleted, or another put in its place, while we have it open. SQLite goes on writing to what has no
 * name any more: every commit would be acknowledged, and gone with the process.
 */
import { statSync } from 'node:fs';

/** `log_gone`: the file is there, but its WAL or its shared memory is not the one that we have open. */
export type FileStanding = 'sound' | 'file_gone' | 'log_gone' | 'replaced';

const identityOf = (file: string): string | null => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
};

export class FileGuard {
  readonly #file: string;
  readonly #main: string | null;
  /** Known once they are there: SQLite makes them at the first read or write. */
  #wal: string | null;
  #shm: string | null;

  /** @param file as it was just opened; in memory there is nothing to guard */
  constructor(file: string) {
    this.#file = file;
    this.#main = identityOf(file);
    this.#wal = identityOf(`${file}-wal`);
    this.#shm = identityOf(`${file}-shm`);
  }

  /** Three system calls, some microseconds. */
  look(): FileStanding {
    if (this.#main === null) return 'sound';
    const main = identityOf(this.#file);
    if (main === null) return 'file_gone';
    if (main !== this.#main) return 'replaced';
    const [wal, shm] = [identityOf(`${this.#file}-wal`), identityOf(`${this.#file}-shm`)];
    this.#wal ??= wal;
    this.#shm ??= shm;
    return wal === this.#wal && shm === this.#shm ? 'sound' : 'log_gone';
  }
}
