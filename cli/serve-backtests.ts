import { InvalidArgumentError, type Command } from 'commander';

interface Flags {
  readonly requests: string;
  readonly results: string;
  readonly candlesRoot: readonly string[];
  readonly workers?: number;
  readonly requestLimitMs: number;
  readonly drainMs: number;
  readonly forBrain: boolean;
  readonly exitWithStdin: boolean;
}

const help = `
Takes BACKTEST requests on a ZeroMQ PULL socket that it binds, computes them in worker threads with the embedded
engine, and pushes one BACKTEST_RESULT for each to the endpoint that it connects to. It stands where a Swimmy backtest
service stands: same ports, same messages, same figures.

Once requests are taken, one line of JSON goes to stdout:
  {"ready":true,"requests":"tcp://127.0.0.1:5580","workers":3,"pid":4711}
Everything else is for stderr.

Ctrl-C and SIGTERM stop reading, finish what is in hand and leave; a second signal leaves at once.
Exit codes: 2 wrong flags, 66 a candles root is missing, 70 supervision gave up, 75 port in use, 78 an endpoint that
cannot be used, 130 and 143 after a signal.

Examples:
  holdfast serve-backtests --candles-root data/historical
  holdfast serve-backtests --requests 'tcp://127.0.0.1:*' --results tcp://127.0.0.1:5581 --candles-root a --candles-root b
  holdfast serve-backtests --candles-root data/historical --for-brain        answers for a Swimmy Brain
`;

/** Kept here, so that help and wrong flags load no socket library; runtime/node/serve-backtests.ts uses the same. */
const defaults = {
  requests: 'tcp://127.0.0.1:5580',
  results: 'tcp://127.0.0.1:5581',
  requestLimitMs: 600_000,
  drainMs: 30_000,
};

/** Adds `serve-backtests` to the program. */
export function addServeBacktests(program: Command): Command {
  return program
    .command('serve-backtests')
    .summary('answer BACKTEST requests with the embedded engine')
    .description('Answer BACKTEST requests with the embedded engine.')
    .requiredOption(
      '--candles-root <folder>',
      'folder whose candle files may be asked for; may be given several times',
      collected,
    )
    .option(
      '--requests <endpoint>',
      'where to wait for requests; port * takes any free one',
      defaults.requests,
    )
    .option('--results <endpoint>', 'where to send the answers', defaults.results)
    .option('--workers <count>', 'engine threads, 1 to 256 (default: the cores less one)', whole(1, 256))
    .option(
      '--request-limit-ms <ms>',
      'after this time a request is answered engine_timeout and its thread replaced',
      whole(1, 86_400_000),
      defaults.requestLimitMs,
    )
    .option(
      '--drain-ms <ms>',
      'how long requests in hand may still take at the end',
      whole(0, 3_600_000),
      defaults.drainMs,
    )
    .option('--for-brain', 'write win rates up to 1 % as a Swimmy Brain reads them', false)
    .option(
      '--exit-with-stdin',
      'end when standard input does, for a parent that must not leave us behind',
      false,
    )
    .addHelpText('after', help)
    .action(async (flags: Flags) => {
      const { serveBacktests } = await import('../runtime/node/serve-backtests.js');
      await serveBacktests({ ...flags, candlesRoots: flags.candlesRoot });
    });
}

const collected = (folder: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  folder,
];

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      `expected a whole number from ${least} to ${most}, found ${JSON.stringify(text)}`,
    );
  };
