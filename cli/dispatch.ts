/** The pace of a running process: looked at, paused, resumed, changed. */
import type { Command } from 'commander';
import type { DispatchSettings, DispatchStatus } from '../protocols/backtest-dispatch.js';
import { defaultFile } from '../runtime/node/paths.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { UsageError } from './failure.js';
import { askRunning, errorOf, requireLive } from './live.js';
import { painter, print, printJson, table } from './output.js';

const help = `
How fast requests go out to the backtest engine, in the process that serves the database. A change counts at once, is on the
disk when the command ends, and stays over a restart, except that holdfast start sets what its configuration names. It is
noted with who made it (holdfast repl: interventions()).

Settings of set:
  paused=true|false        nothing new is sent; what is out is still answered, and what comes in is still accepted
  inFlightMax=1..10000     the most attempts out at once; below it the limit follows the engine's latency
  inFlightMin=1..10000     the least that this limit comes down to
  inFlightBytesMax=1024..1073741824
                           bytes of requests out at once
  ratePerS=0..100000       attempts sent a second; 0 is no limit
  batchMax=1..1000         attempts sent in one batch
  intervalMs=0..60000      between two batches, ms

Examples:
  holdfast dispatch                          what is out, what limits it, and the settings
  holdfast dispatch pause --db research.db   before work on the engine: nothing new goes out
  holdfast dispatch resume
  holdfast dispatch set ratePerS=5 batchMax=5
  holdfast dispatch show --json
`;

interface Flags {
  readonly db: string;
  readonly json: boolean;
}

const actions = ['show', 'pause', 'resume', 'set'] as const;
type Action = (typeof actions)[number];

export function addDispatch(program: Command): void {
  program
    .command('dispatch')
    .description('Look at the pace of a running process, pause it, resume it, change it.')
    .argument('[action]', 'show, pause, resume or set', 'show')
    .argument('[settings...]', 'of set: key=value')
    .option('--db <file>', 'the database that the process serves', defaultFile)
    .option('--json', 'as JSON', false)
    .addHelpText('after', help)
    .action(async (action: string, given: readonly string[], flags: Flags) => {
      const change = changeOf(action, given);
      const status = change === null ? await show(flags) : await apply(change, flags);
      await (flags.json ? printJson(status) : print(textOf(status)));
    });
}

type Change = Readonly<Record<string, boolean | number>>;

/** @returns null for a look */
function changeOf(action: string, given: readonly string[]): Change | null {
  if (!isAction(action))
    throw new UsageError(`dispatch: expected ${actions.join(', ')}, found ${JSON.stringify(action)}`);
  if (action !== 'set' && given.length > 0)
    throw new UsageError(`dispatch ${action}: expected nothing more, found ${JSON.stringify(given[0])}`);
  switch (action) {
    case 'show':
      return null;
    case 'pause':
      return { paused: true };
    case 'resume':
      return { paused: false };
    case 'set':
      if (given.length === 0)
        throw new UsageError('dispatch set: expected key=value, such as ratePerS=5; found nothing');
      return Object.fromEntries(given.map(settingOf));
  }
}

const isAction = (text: string): text is Action => (actions as readonly string[]).includes(text);

/** Which keys there are, and within which ranges, says the process. */
function settingOf(text: string): readonly [string, boolean | number] {
  const [, key, value] = /^([A-Za-z]+)=(true|false|-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (key === undefined || value === undefined)
    throw new UsageError(
      `dispatch set: expected key=value with a number, true or false, found ${JSON.stringify(text)}`,
    );
  return [key, value === 'true' ? true : value === 'false' ? false : Number(value)];
}

const askMs = 10_000;

async function show({ db }: Flags): Promise<DispatchStatus> {
  const live = await requireLive(db, 'dispatch');
  const answer = await askRunning(live, { method: 'GET', path: '/api/dispatch', withinMs: askMs });
  if (answer.status !== 200) throw new PipelineFailure('failed', `dispatch: ${errorOf(answer)}`);
  return answer.body as DispatchStatus;
}

async function apply(change: Change, flags: Flags): Promise<DispatchStatus> {
  const live = await requireLive(flags.db, 'dispatch');
  const answer = await askRunning(live, {
    method: 'POST',
    path: '/api/dispatch',
    body: change,
    withinMs: askMs,
  });
  if (answer.status === 400) throw new UsageError(`dispatch: not changed: ${errorOf(answer)}`);
  if (answer.status !== 200)
    throw new PipelineFailure(
      'failed',
      `dispatch: not known to be changed: ${errorOf(answer)}; look with show`,
    );
  return show(flags);
}

const abouts: Readonly<Record<keyof DispatchSettings, string>> = {
  paused: 'nothing new is sent',
  inFlightMax: 'most attempts out at once',
  inFlightMin: 'least that the limit comes down to',
  inFlightBytesMax: 'bytes out at once',
  ratePerS: 'attempts a second; 0 is no limit',
  batchMax: 'attempts in one batch',
  intervalMs: 'ms between two batches',
};

function textOf({ phase, settings, backend, inFlight, limit, breaker, trouble }: DispatchStatus): string {
  const paint = painter(process.stdout);
  const colour = phase === 'dispatching' ? 'green' : 'yellow';
  const rows = [
    ['out', `${inFlight} of ${limit.now} places`],
    [
      'engine',
      backend === null
        ? 'none'
        : `${backend.backend} with ${backend.workers} workers, median ${limit.medianMs === null ? 'unknown' : `${Math.round(limit.medianMs)} ms`}, breaker ${breaker.phase}`,
    ],
    ...(trouble === null ? [] : [['trouble', `${trouble.message} (${trouble.code})`]]),
    ...(Object.keys(abouts) as (keyof DispatchSettings)[]).map((key) => [
      key,
      `${String(settings[key]).padEnd(12)}${abouts[key]}`,
    ]),
  ];
  return `${paint(colour, phase.replaceAll('_', ' '))}\n${table(rows)}`;
}
