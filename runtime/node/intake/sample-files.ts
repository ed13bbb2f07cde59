import { existsSync, readFileSync } from 'node:fs';
import { writeSamples, type SampleFiles, type Samples } from '../../samples/index.js';
import { IntakeError, readError } from './error.js';
import { ensureFolder, writeAtomically } from './write-atomically.js';

/** The real disk. */
export const sampleFiles: SampleFiles = {
  ensureFolder,
  exists: existsSync,
  read(file) {
    try {
      return existsSync(file) ? readFileSync(file, 'utf8') : null;
    } catch (error) {
      throw readError(file, error);
    }
  },
  write: writeAtomically,
};

/** @throws IntakeError `folder_in_use`, `input_unreadable`, `disk_full`, `not_writable`, `io_failed` */
export function writeSampleFolder({
  folder,
  seed,
}: {
  readonly folder: string;
  readonly seed: string;
}): Samples {
  const outcome = writeSamples(folder, { seed, files: sampleFiles });
  if ('code' in outcome) throw new IntakeError(outcome.code, outcome.message);
  return outcome;
}
