/** Everything a pipeline keeps, copied into one folder while it runs, and put back from there when it does not. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { markFileOf } from '../../storage/commit-mark.js';
import { storageErrorFrom } from '../../storage/errors.js';
import { acquireInstanceLock } from '../../storage/instance-lock.js';
import { copyStore, soundSchemaVersion } from '../../storage/maintenance/copy.js';
import { storesOf } from '../../storage/maintenance/store-files.js';
import type { StoreKind } from '../../storage/migrations/index.js';
import { newBoot } from '../node/boot.js';
import { isDiskProblem, kindOf, makeFolder, writeWhole } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import type { PipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { startFailure } from './start-failure.js';

const manifestName = 'manifest.json';
const windowsName = 'windows';
const spoolName = 'spool.jsonl';
const storeName = (kind: StoreKind): string => `${kind}.db`;

const manifestSchema = z.strictObject({
  schema: z.literal('holdfast.backup/1'),
  madeWallMs: z.number(),
  from: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.number(), sha256: z.string() })),
});

/** What a backup holds: each file with its size and hash. Times are wall-clock ms. */
export type BackupManifest = z.infer<typeof manifestSchema>;

export interface Progress {
  (what: string, share: number): void;
}

/**
 * Copies the stores (core first: what a result in it promises was in the trades file before it, and so is in the later
 * copy), the spool of dead letters and the cut windows. The folder appears whole or not at all.
 * @throws PipelineFailure `input_missing` | `disk` | `locked` | `failed` when the folder is there already
 */
export async function backUp(
  file: string,
  folder: string,
  wallMs: number,
  onProgress: Progress,
): Promise<BackupManifest> {
  const paths = pipelinePaths(file);
  if ((await kindOf(paths.core)) !== 'file')
    throw new PipelineFailure('input_missing', `--db ${file}: expected a database, found nothing there`);
  const target = path.resolve(folder);
  if (existsSync(target))
    throw new PipelineFailure(
      'failed',
      `${folder}: expected a folder that is not there yet, found one; choose another`,
    );
  const partial = `${target}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    makeFolder(path.join(partial, windowsName));
    await copyEverything(paths, partial, onProgress);
    const files = await describeFiles(partial, onProgress);
    const manifest: BackupManifest = {
      schema: 'holdfast.backup/1',
      madeWallMs: wallMs,
      from: paths.core,
      files,
    };
    await writeWhole(path.join(partial, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(partial, target);
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw inWords(`back up to ${folder}`, error);
  }
}

async function copyEverything(paths: PipelinePaths, to: string, onProgress: Progress): Promise<void> {
  for (const { kind, file } of storesOf(paths))
    await copyStore(kind, file, path.join(to, storeName(kind)), (share) => onProgress(`copy ${kind}`, share));
  if (existsSync(paths.spool)) await copyFile(paths.spool, path.join(to, spoolName));
  const windows = existsSync(paths.windows) ? await readdir(paths.windows) : [];
  for (const [index, name] of windows.entries()) {
    onProgress('copy windows', index / windows.length);
    await copyFile(path.join(paths.windows, name), path.join(to, windowsName, name));
  }
}

async function describeFiles(folder: string, onProgress: Progress): Promise<BackupManifest['files']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && !/-(wal|shm)$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  const files: BackupManifest['files'] = [];
  for (const [index, name] of names.entries()) {
    onProgress('hash', index / names.length);
    files.push({ name, ...(await describeFile(path.join(folder, name))) });
  }
  return files;
}

async function describeFile(file: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Where what was there before is now; empty when nothing was. */
  readonly movedAside: readonly string[];
}

/**
 * Puts a backup back. Its files are read through first; what stands in the way is moved aside, never deleted.
 * @param force without it, nothing may stand in the way
 * @throws PipelineFailure `input_missing` | `locked` when a process uses the files | `failed` | `disk`
 */
export async function restore(
  folder: string,
  file: string,
  {
    force,
    wallMs,
    onProgress,
  }: { readonly force: boolean; readonly wallMs: number; readonly onProgress: Progress },
): Promise<Restored> {
  const manifest = await readManifest(folder);
  await verify(folder, manifest, onProgress);
  const paths = pipelinePaths(file);
  try {
    makeFolder(paths.folder);
    const { pid, bootId } = newBoot();
    const lock = acquireInstanceLock(paths.core, { pid, bootId });
    try {
      const inTheWay = [
        ...storesOf(paths).flatMap((store) => withCompanions(store.file)),
        paths.spool,
        paths.windows,
      ].filter((name) => existsSync(name));
      if (inTheWay.length > 0 && !force)
        throw new PipelineFailure(
          'failed',
          `--db ${file}: ${inTheWay.length} files are there already; --force moves them aside and restores`,
        );
      const movedAside = await moveAside(inTheWay, wallMs);
      await copyBack(folder, paths, manifest, onProgress);
      return { manifest, movedAside };
    } finally {
      lock.release();
    }
  } catch (error) {
    throw inWords(`restore ${folder}`, error);
  }
}

/**
 * A WAL that belongs to another state of its file would be played into the restored one, and the mark of acknowledged
 * commits would say of the restored one that some are missing.
 */
const withCompanions = (file: string): readonly string[] => [
  file,
  `${file}-wal`,
  `${file}-shm`,
  markFileOf(file),
];

async function moveAside(files: readonly string[], wallMs: number): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const file of files) {
    const to = `${file}.before-restore-${wallMs}`;
    await rename(file, to);
    moved.push(to);
  }
  return moved;
}

async function copyBack(
  folder: string,
  paths: PipelinePaths,
  { files }: BackupManifest,
  onProgress: Progress,
): Promise<void> {
  makeFolder(paths.windows);
  const places = new Map(storesOf(paths).map(({ kind, file }) => [storeName(kind), file]));
  const placeOf = (name: string): string =>
    places.get(name) ?? (name === spoolName ? paths.spool : path.join(paths.windows, path.basename(name)));
  for (const [index, { name }] of files.entries()) {
    onProgress('copy', index / files.length);
    const place = placeOf(name);
    await copyFile(path.join(folder, name), `${place}.restoring`);
    await rename(`${place}.restoring`, place);
  }
  for (const { kind, file } of storesOf(paths)) soundSchemaVersion(kind, file);
}

async function readManifest(folder: string): Promise<BackupManifest> {
  const file = path.join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new PipelineFailure(
      'input_missing',
      `${folder}: expected a backup with a ${manifestName}, found none`,
    );
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PipelineFailure('failed', `${file}: expected the manifest of a backup, found something else`, {
      cause,
    });
  }
}

/** A damaged backup is found before anything is moved. */
async function verify(folder: string, { files }: BackupManifest, onProgress: Progress): Promise<void> {
  for (const [index, { name, bytes, sha256 }] of files.entries()) {
    onProgress('verify', index / files.length);
    if (path.isAbsolute(name) || name.split(/[\\/]/).includes('..'))
      throw new PipelineFailure('failed', `the manifest names ${name}, which is no file of the backup`);
    const found = await describeFile(path.join(folder, name)).catch(() => undefined);
    if (found?.bytes !== bytes || found.sha256 !== sha256)
      throw new PipelineFailure(
        'failed',
        `${path.join(folder, name)}: expected ${bytes} bytes as the manifest says, found ${
          found === undefined ? 'nothing' : `${found.bytes} others`
        }; the backup is damaged`,
      );
  }
}

function inWords(what: string, error: unknown): unknown {
  if (error instanceof PipelineFailure) return error;
  if (storageErrorFrom(error, what) !== undefined) return startFailure(error, what);
  if (!isDiskProblem(error)) return error;
  return new PipelineFailure('disk', `cannot ${what}: ${String(error)}; make room and try again`, {
    cause: error,
  });
}
