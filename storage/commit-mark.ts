/**
 * The number of the last acknowledged commit, in a small file of its own. SQLite ends a log quietly at the first frame that
 * is not whole, so that a torn one looks like an older database; against this number it does not.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Connection } from './database.js';

export const markFileOf = (file: string): string => `${file}.acked`;

/** One length, written over in place: no write of it can be half of two. */
const digits = 20;

/** @returns null when there is none that can be read; then nothing is known, and nothing claimed */
export function readMark(file: string): number | null {
  try {
    const text = readFileSync(markFileOf(file), 'latin1');
    return new RegExp(`^\\d{${digits}}\\n$`).test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

/** Durably. @throws with the system's `code`, such as `ENOSPC` */
export function writeMark(file: string, seq: number): void {
  const descriptor = openSync(markFileOf(file), 'a+');
  closeSync(descriptor);
  const writing = openSync(markFileOf(file), 'r+');
  try {
    writeSync(writing, `${String(seq).padStart(digits, '0')}\n`, 0, 'latin1');
    fsyncSync(writing);
  } finally {
    closeSync(writing);
  }
}

export const readCommits = (connection: Connection): number =>
  Number(connection.prepare('SELECT seq FROM commit_count WHERE id = 1').pluck().get() ?? 0);

/** Commits that were acknowledged and are not in the file: 0 but for a torn log, or a file that is another one. */
export const lostCommits = (file: string, connection: Connection): number =>
  Math.max(0, (readMark(file) ?? 0) - readCommits(connection));
