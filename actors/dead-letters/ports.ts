import type { Writer } from '../../storage/writer/client.js';

/** An append-only file beside the dead-letters store, for when that cannot be written. */
export interface Spool {
  /** Bytes that it holds now. */
  readonly bytes: number;
  /** Resolves once the text is on the disk. @throws with the system's `code`, such as `ENOSPC` */
  append(text: string): Promise<void>;
  /** All of it; a last line that a crash cut short is part of it. */
  read(): Promise<string>;
  /** Empties it, durably. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface DeadLettersPorts {
  /** `onDeath` is called at most once, when the thread ends without having been closed. @throws StorageError */
  openWriter(onDeath: (reason: string) => void): Promise<Writer>;
  openSpool(): Promise<Spool>;
}
