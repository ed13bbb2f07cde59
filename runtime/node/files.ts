import { mkdirSync, statSync } from 'node:fs';
import { access, constants, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file whole or not at all: a reader sees the old content or the new one, also after a crash in between.
 * @param mode of the file, whatever an earlier one had. @defaultValue 0o644
 * @throws what the disk says, with its `code`
 */
export async function writeWhole(file: string, content: string, mode = 0o644): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    // One that a killed process left may be open to others: it goes, so that the mode is that of a new file.
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Makes a folder and what is missing above it, one by one: Node's own recursive way never returns where a file system
 * denies a folder with ENOENT although its parent is there (below /proc, on some network mounts).
 * @throws what the disk says, with its `code`; `ENOTDIR` when a file is in the way
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !isThere(at); at = path.dirname(at)) missing.push(at);
  for (const at of missing.reverse()) makeOne(at);
}

function isThere(at: string): boolean {
  const found = statSync(at, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isDirectory()) return true;
  throw Object.assign(new Error(`ENOTDIR: expected a folder, found a file: ${at}`), {
    code: 'ENOTDIR',
    syscall: 'mkdir',
  });
}

/** Another process may have made it meanwhile. */
function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

export type Kind = 'file' | 'folder' | 'other' | 'denied' | 'missing';

/** What stands at a path; `denied` where we may not even look, and whatever else cannot be looked at is missing. */
export async function kindOf(target: string): Promise<Kind> {
  try {
    const found = await stat(target);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return isDenied(error) ? 'denied' : 'missing';
  }
}

const isDenied = (error: unknown): boolean => ['EACCES', 'EPERM'].includes(systemCode(error) ?? '');

/** Whether this process may read a file, or list a folder and open what is in it. */
export const mayRead = (target: string, kind: 'file' | 'folder'): Promise<boolean> =>
  may(target, kind === 'file' ? constants.R_OK : constants.R_OK | constants.X_OK);

/** Whether this process may make files in a folder. */
export const mayWriteIn = (folder: string): Promise<boolean> => may(folder, constants.W_OK | constants.X_OK);

const may = (target: string, mode: number): Promise<boolean> =>
  access(target, mode).then(
    () => true,
    () => false,
  );

/** Names of the CSV files of a folder, sorted, its subfolders not looked at; a CSV file stands for itself. */
export async function csvFilesIn(folder: string): Promise<readonly string[]> {
  if ((await kindOf(folder)) === 'file') return [folder];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && /\.csv$/i.test(entry.name))
    .map((entry) => path.join(folder, entry.name))
    .sort();
}

const diskCodes = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** The system's code of an error, or undefined. */
export const systemCode = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

export const isDiskProblem = (error: unknown): boolean => diskCodes.has(systemCode(error) ?? '');

/** Less than this is no room for a commit. */
const roomBytesMin = 1_048_576;

/** Whether the disk of a folder has no room left for a commit; false when that cannot be found out. */
export async function isDiskFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < roomBytesMin;
  } catch {
    return false;
  }
}
