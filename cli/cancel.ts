/** Requests that nobody wants any more: ended in the process that serves the database. */
import type { Command } from 'commander';
import { defaultFile } from '../runtime/node/paths.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { askRunning, errorOf, requireLive } from './live.js';
import { print, printJson } from './output.js';

const help = `
A request that waits is not sent; one that is out goes on at the engine, and its answer is late: counted, kept, never applied.
What has ended stays as it ended. A job does not wait for a cancelled request, and its summary counts it as failed.

Examples:
  holdfast status --trace ID                 first look at it; the id on the wire is known too
  holdfast cancel ID
  holdfast cancel ID ID --reason "wrong candles" --json
`;

interface Flags {
  readonly db: string;
  readonly reason: string;
  readonly json: boolean;
}

const askMs = 15_000;

export interface Cancelled {
  readonly requestId: string;
  /** `over`: it had ended before, as `state` says. */
  readonly outcome: 'cancelled' | 'over' | 'unknown';
  readonly state: string | null;
}

export function addCancel(program: Command): void {
  program
    .command('cancel')
    .description('End requests that nobody wants any more.')
    .argument('<ids...>', 'ids of requests')
    .option('--reason <text>', 'kept with the request', 'cancelled by hand')
    .option('--db <file>', 'the database that the process serves', defaultFile)
    .option('--json', 'as JSON', false)
    .addHelpText('after', help)
    .action(async (requestIds: readonly string[], { db, reason, json }: Flags) => {
      const live = await requireLive(db, 'cancel');
      const ask = { method: 'POST', path: '/api/requests/cancel', withinMs: askMs } as const;
      const answer = await askRunning(live, { ...ask, body: { requestIds, reason } });
      if (answer.status !== 200) throw new PipelineFailure('failed', `cancel: ${errorOf(answer)}`);
      const { results } = answer.body as { readonly results: readonly Cancelled[] };
      await (json ? printJson({ results }) : print(results.map(lineOf).join('\n')));
      if (results.some(({ outcome }) => outcome === 'unknown'))
        throw new PipelineFailure('input_missing', 'cancel: not every request is known');
    });
}

function lineOf({ requestId, outcome, state }: Cancelled): string {
  switch (outcome) {
    case 'cancelled':
      return `${requestId}: cancelled`;
    case 'over':
      return `${requestId}: had ended already (${state ?? 'unknown'})`;
    case 'unknown':
      return `${requestId}: no such request`;
  }
}
