/** Looking after the files of a pipeline, outside the process that serves them. */
import { statSync } from 'node:fs';
import { acquireInstanceLock } from '../../storage/instance-lock.js';
import { checkStores } from '../../storage/maintenance/check.js';
import type { Finding } from '../../storage/maintenance/check.js';
import { packStore } from '../../storage/maintenance/copy.js';
import { statsOf } from '../../storage/maintenance/stats.js';
import type { StoreStats } from '../../storage/maintenance/stats.js';
import { storesOf } from '../../storage/maintenance/store-files.js';
import type { StoreKind } from '../../storage/migrations/index.js';
import { newBoot } from '../node/boot.js';
import { kindOf } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { startFailure } from './start-failure.js';

export type { Finding, StoreStats };

export interface Packed {
  readonly store: StoreKind;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** Weather of the stores in the words of an exit code. */
function inWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw startFailure(error, 'work on the files');
  }
}

async function requireDatabase(file: string): Promise<void> {
  if ((await kindOf(file)) === 'file') return;
  throw new PipelineFailure('input_missing', `--db ${file}: expected a database, found nothing there`);
}

/** Reads every page and compares the files with each other. @throws PipelineFailure `input_missing` */
export async function checkFiles(
  file: string,
  onProgress: (what: string) => void,
): Promise<readonly Finding[]> {
  await requireDatabase(file);
  return inWords(() => checkStores(pipelinePaths(file), onProgress));
}

/** @throws PipelineFailure `input_missing` | `locked` | `disk` | `configuration` */
export async function statsOfFiles(file: string): Promise<readonly StoreStats[]> {
  await requireDatabase(file);
  return inWords(() => statsOf(pipelinePaths(file)));
}

/** Packs every store. @throws PipelineFailure `locked` when a process uses the files; `input_missing`, `disk` */
export async function packFiles(
  file: string,
  onProgress: (what: string) => void,
): Promise<readonly Packed[]> {
  await requireDatabase(file);
  return inWords(() => packAll(file, onProgress));
}

function packAll(file: string, onProgress: (what: string) => void): readonly Packed[] {
  const paths = pipelinePaths(file);
  const { pid, bootId } = newBoot();
  const lock = acquireInstanceLock(paths.core, { pid, bootId });
  try {
    return storesOf(paths).map(({ kind, file: store }) => {
      onProgress(`packing ${kind}`);
      const bytesBefore = statSync(store).size;
      packStore(kind, store);
      return { store: kind, bytesBefore, bytesAfter: statSync(store).size };
    });
  } finally {
    lock.release();
  }
}
