import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../files.js';
import { writeError } from './error.js';

/**
 * Makes the file hold these bytes, or leaves it as it was: written beside it, brought to the disk, then renamed. A
 * left-over of a killed process has the same temporary name and is overwritten.
 * @throws IntakeError `disk_full`, `not_writable`, `io_failed`
 */
export function writeAtomically(file: string, bytes: Uint8Array): void {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.tmp`);
  try {
    writeThrough(temporary, bytes);
    renameSync(temporary, file);
    syncFolder(folder);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(file, error);
  }
}

/** @throws IntakeError `disk_full`, `not_writable`, `io_failed` */
export function ensureFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw writeError(folder, error);
  }
}

function writeThrough(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The new name is on the disk only once its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
