import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from './failure.js';
import { defaultFile } from '../runtime/node/paths.js';

/** The flags that `run` and `demo` share. */
export interface PipelineFlags {
  readonly db: string;
  readonly once: boolean;
  /** True: to stdout; a text: to that file. */
  readonly json?: true | string;
  readonly batch?: number;
  readonly intervalMs?: number;
  readonly workers?: number;
  readonly httpPort: number;
  readonly quiet: boolean;
}

export function addPipelineOptions(command: Command, file: string = defaultFile): Command {
  return command
    .option('--db <file>', 'the database; FILE.trades, FILE.dead-letters and others lie beside it', file)
    .option('--once', 'end when the job has ended, instead of staying up to be looked at', false)
    .option('--json [file]', 'the summary as JSON, to stdout or to a file (docs/summary.md)')
    .option('--batch <count>', 'most requests sent at once, 1 to 1000', whole(1, 1_000))
    .option('--interval-ms <ms>', 'pause between two batches, 0 to 60000', whole(0, 60_000))
    .option('--workers <count>', 'engine threads, 1 to 256 (default: the cores less one)', whole(1, 256))
    .option('--http-port <port>', 'port of the page on 127.0.0.1; 0 takes any free one', whole(0, 65_535), 0)
    .option('--quiet', 'no progress, only the result', false);
}

export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `expected a whole number from ${least} to ${most}, found ${JSON.stringify(text)}`,
    );
  };

/**
 * A flag that must be there. Commander's own mandatory options are told before flags that do not exist, and a flag that is
 * mistyped is both.
 * @throws UsageError
 */
export function required<T>(value: T | undefined, flag: string): T {
  if (value !== undefined) return value;
  throw new UsageError(`required option '${flag}' not specified; holdfast --help tells what there is`);
}
