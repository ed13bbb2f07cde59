import path from 'node:path';

/** Everything that lies beside a core file. */
export interface PipelinePaths {
  readonly core: string;
  readonly trades: string;
  readonly deadLetters: string;
  readonly spool: string;
  readonly runFile: string;
  readonly windows: string;
  /** Jobs that were submitted: a folder for each, with its strategies until it has ended. */
  readonly jobs: string;
  readonly log: string;
  readonly folder: string;
}

/** @param file the core file, as given with --db */
export function pipelinePaths(file: string): PipelinePaths {
  const core = path.resolve(file);
  return {
    core,
    trades: `${core}.trades`,
    deadLetters: `${core}.dead-letters`,
    spool: `${core}.spool.jsonl`,
    runFile: `${core}.run.json`,
    windows: `${core}.windows`,
    jobs: `${core}.jobs`,
    log: `${core}.log.jsonl`,
    folder: path.dirname(core),
  };
}

/** Where a run keeps its files when it is not told: in the folder where it was started. */
export const defaultFolder = 'holdfast-data';
export const defaultFile = path.join(defaultFolder, 'holdfast.db');
