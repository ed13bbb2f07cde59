import path from 'node:path';
import { encodeCandleCsv } from '../../protocols/candles/index.js';
import { sampleCandleNames, sampleCandles } from './markets.js';
import { sampleReadme } from './readme.js';
import { sampleStrategyLines } from './strategies.js';

/** The disk as the samples need it. Each may throw; nothing here can do better than its caller. */
export interface SampleFiles {
  ensureFolder(folder: string): void;
  /** Null when there is no such file. */
  read(file: string): string | null;
  exists(file: string): boolean;
  /** Replaces the file as a whole. */
  write(file: string, bytes: Uint8Array): void;
}

export interface SampleOptions {
  /** @defaultValue {@link sampleSeed} */
  readonly seed?: string;
  readonly files: SampleFiles;
}

export interface Samples {
  readonly candlesFolder: string;
  readonly strategiesFile: string;
  /** False when they were there already, from the same version and seed. */
  readonly written: boolean;
}

/** Somebody's own files have a sample's name; nothing was written. */
export interface SampleRefusal {
  readonly code: 'folder_in_use';
  readonly message: string;
}

export const sampleSeed = 'holdfast';

/** Raised whenever the same seed would give other files. */
export const sampleVersion = 1;

const stampName = 'samples.json';
const strategiesName = 'strategies.sexp';
const readmeName = 'README.txt';
const ourNames = [strategiesName, readmeName, ...sampleCandleNames];

/**
 * Sees to it that a folder holds the samples: candle files, strategies.sexp, README.txt and the stamp samples.json.
 * Samples of the same version and seed are left as they are, others are replaced; files that no stamp owns are not
 * touched.
 */
export function writeSamples(
  folder: string,
  { seed = sampleSeed, files }: SampleOptions,
): Samples | SampleRefusal {
  const at = (name: string): string => path.join(folder, name);
  const samples = { candlesFolder: folder, strategiesFile: at(strategiesName) };
  const stamp = files.read(at(stampName));
  if (stamp === stampOf(seed, true)) return { ...samples, written: false };
  const taken = stamp === null ? ourNames.find((name) => files.exists(at(name))) : undefined;
  if (taken !== undefined) {
    const message = `${at(taken)} is there without ${stampName}: expected an empty folder or our own samples`;
    return { code: 'folder_in_use', message };
  }
  const write = (name: string, text: string): void => files.write(at(name), new TextEncoder().encode(text));
  files.ensureFolder(folder);
  // First, so that a run that is killed here finds its own half-written folder, and not a stranger's.
  write(stampName, stampOf(seed, false));
  write(readmeName, sampleReadme(seed));
  for (const { fileName, candles } of sampleCandles(seed))
    files.write(at(fileName), encodeCandleCsv(candles));
  write(strategiesName, `${sampleStrategyLines(seed).join('\n')}\n`);
  write(stampName, stampOf(seed, true));
  return { ...samples, written: true };
}

const stampOf = (seed: string, complete: boolean): string =>
  `${JSON.stringify({ synthetic: true, version: sampleVersion, seed, complete })}\n`;
