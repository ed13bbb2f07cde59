import { copyFile, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, systemCode, writeWhole } from './files.js';

/** More in one file is not a list of strategies that one job does. */
const strategiesBytesMax = 512 * 1024 * 1024;

/** As large as a record and a small file of strategies. */
const probeBytes = 256 * 1024;

const record = 'job.json';
const inputs = 'input';

/** Where submitted jobs are kept: a folder for each, with its record and its own copy of the strategies. */
export interface JobFiles {
  /** Records as they were written, by job id, oldest first. What cannot be read is left out. */
  readAll(): Promise<ReadonlyMap<string, unknown>>;
  /** Durable when it resolves: first the copy, then the record. @throws with the system's `code` */
  create(jobId: string, job: unknown, strategies: string): Promise<void>;
  /** Whole or not at all. @throws with the system's `code` */
  write(jobId: string, job: unknown): Promise<void>;
  /** The copy of a job's strategies, under the name that the file had. */
  strategiesOf(jobId: string, name: string): string;
  /** A job that is over needs its copy no more. */
  dropStrategies(jobId: string): Promise<void>;
  remove(jobId: string): Promise<void>;
  /** Whether a job could be kept now: writes something of its size and takes it away again. @throws as create */
  probe(): Promise<void>;
}

export function jobFilesIn(folder: string): JobFiles {
  const of = (jobId: string): string => path.join(folder, jobId);
  const write = (jobId: string, job: unknown): Promise<void> =>
    writeWhole(path.join(of(jobId), record), `${JSON.stringify(job, null, 2)}\n`);
  return {
    async readAll() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw error;
      });
      const found = new Map<string, unknown>();
      for (const jobId of names.sort()) {
        const job = await readJson(path.join(of(jobId), record));
        // Killed between the copy and the record: it was never accepted.
        if (job === undefined) await rm(of(jobId), { recursive: true, force: true });
        else found.set(jobId, job);
      }
      return found;
    },
    async create(jobId, job, strategies) {
      const found = await stat(strategies);
      if (!found.isFile()) throw Object.assign(new Error('it is no file'), { code: 'EISDIR' });
      const { size } = found;
      if (size > strategiesBytesMax)
        throw Object.assign(new Error(`${size} bytes are more than ${strategiesBytesMax}`), {
          code: 'EFBIG',
        });
      makeFolder(path.join(of(jobId), inputs));
      try {
        const copy = path.join(of(jobId), inputs, path.basename(strategies));
        await copyFile(strategies, copy);
        await flush(copy);
        await flush(path.join(of(jobId), inputs));
        await write(jobId, job);
        await flush(of(jobId));
        await flush(folder);
      } catch (error) {
        await rm(of(jobId), { recursive: true, force: true });
        throw error;
      }
    },
    write,
    strategiesOf: (jobId, name) => path.join(of(jobId), inputs, path.basename(name)),
    dropStrategies: (jobId) => rm(path.join(of(jobId), inputs), { recursive: true, force: true }),
    remove: (jobId) => rm(of(jobId), { recursive: true, force: true }),
    async probe() {
      makeFolder(folder);
      const file = path.join(folder, '.probe');
      try {
        await writeWhole(file, ' '.repeat(probeBytes));
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

/** A new name in a folder is on the disk only once the folder is. */
async function flush(target: string): Promise<void> {
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
