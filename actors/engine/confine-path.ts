import path from 'node:path';

/** Longer paths are refused unlooked at; Linux knows none. */
const charsMax = 4_096;

/**
 * Where a file named in a foreign request may lie: an absolute path must be inside one of the folders, a relative
 * one is looked for in each of them, in their order. Names are only compared here; links are the caller's to check
 * again on the real path.
 * @param folders absolute
 * @returns paths to try; empty when the name leads out of every folder
 */
export function confinePath(asked: string, folders: readonly string[]): string[] {
  if (asked === '' || asked.length > charsMax || asked.includes('\0')) return [];
  const candidates = path.isAbsolute(asked)
    ? [path.normalize(asked)]
    : folders.map((folder) => path.join(folder, asked));
  return candidates.filter((candidate) => folders.some((folder) => isInside(candidate, folder)));
}

/** True when `file` lies below `folder`; the folder itself is no file. */
export function isInside(file: string, folder: string): boolean {
  const below = path.relative(folder, file);
  return below !== '' && below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
}
