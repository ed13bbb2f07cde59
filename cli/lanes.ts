/** The lanes of the notifier in a running process: looked at, and set going again once the webhook is repaired. */
import type { Command } from 'commander';
import type { LaneStanding, NotifierStanding } from '../protocols/notifier.js';
import { defaultFile } from '../runtime/node/paths.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { UsageError } from './failure.js';
import { askRunning, errorOf, requireLive } from './live.js';
import { painter, print, printJson, spokenMs, table } from './output.js';

const help = `
Each webhook is a lane with a queue of its own. One that is refused (401, 403, 404, a redirect) is stopped for 15 minutes, or
until retry: what waits goes on waiting, in its order. What was refused itself is a dead letter: holdfast dlq redrive.

Examples:
  holdfast lanes                             which lanes there are, what waits, and what went wrong last
  holdfast lanes retry research              the webhook is repaired: go on at once
  holdfast lanes --json --db research.db
`;

interface Flags {
  readonly db: string;
  readonly json: boolean;
}

const askMs = 10_000;

export function addLanes(program: Command): void {
  program
    .command('lanes')
    .description('Look at the notifier lanes of a running process; set one going again that was stopped.')
    .argument('[action]', 'show or retry', 'show')
    .argument('[lane]', 'of retry: the name of the lane')
    .option('--db <file>', 'the database that the process serves', defaultFile)
    .option('--json', 'as JSON', false)
    .addHelpText('after', help)
    .action(async (action: string, lane: string | undefined, flags: Flags) => {
      if (action === 'retry') return retry(lane, flags);
      if (action !== 'show' || lane !== undefined)
        throw new UsageError(
          `lanes: expected show, or retry with a lane, found ${JSON.stringify(lane ?? action)}`,
        );
      return show(flags);
    });
}

async function show(flags: Flags): Promise<void> {
  const live = await requireLive(flags.db, 'lanes');
  const answer = await askRunning(live, { method: 'GET', path: '/api/lanes', withinMs: askMs });
  if (answer.status !== 200) throw new PipelineFailure('failed', `lanes: ${errorOf(answer)}`);
  const standing = answer.body as NotifierStanding;
  await (flags.json ? printJson(standing) : print(textOf(standing)));
}

async function retry(lane: string | undefined, flags: Flags): Promise<void> {
  if (lane === undefined) throw new UsageError('lanes retry: expected the name of a lane, found nothing');
  const live = await requireLive(flags.db, 'lanes');
  const ask = { method: 'POST', path: '/api/lanes/retry', body: { lane }, withinMs: askMs } as const;
  const answer = await askRunning(live, ask);
  if (answer.status === 404) throw new PipelineFailure('input_missing', `lanes retry: ${errorOf(answer)}`);
  if (answer.status !== 200) throw new PipelineFailure('failed', `lanes retry: ${errorOf(answer)}`);
  const { wasStopped } = answer.body as { readonly wasStopped: boolean };
  await (flags.json
    ? printJson({ lane, wasStopped })
    : print(wasStopped ? `${lane} goes on` : `${lane} was not stopped; nothing to do`));
}

const colours = {
  idle: 'green',
  delivering: 'green',
  waiting: 'yellow',
  paused: 'yellow',
  blocked: 'red',
  store: 'red',
} as const;

function textOf({ lanes, silent, unrouted }: NotifierStanding): string {
  const paint = painter(process.stdout);
  const rows = lanes.map((lane) => [
    lane.lane,
    lane.state,
    `${lane.waiting ?? '?'} waiting`,
    `${lane.figures?.delivered ?? '?'} delivered today`,
    [lane.target, untilOf(lane), errorText(lane)].filter((part) => part !== '').join(', '),
  ]);
  const lines = table(rows).split('\n');
  return [
    ...lines.map((line, place) => {
      const state = lanes[place]?.state ?? 'idle';
      return line.replace(` ${state} `, ` ${paint(colours[state], state)} `);
    }),
    ...silent.map((lane) => paint('yellow', `${lane} has not reported yet`)),
    ...(unrouted === null || unrouted === 0 ? [] : [`${unrouted} wait for a lane`]),
  ].join('\n');
}

const untilOf = ({ untilWallMs, asOfWallMs }: LaneStanding): string =>
  untilWallMs === null ? '' : `for ${spokenMs(Math.max(0, untilWallMs - asOfWallMs))} more`;

const errorText = ({ lastError }: LaneStanding): string =>
  lastError === null
    ? ''
    : `last: ${lastError.message}${lastError.httpStatus === null ? ` (${lastError.code})` : ''}`;
