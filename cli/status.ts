import type { Command } from 'commander';
import { defaultFile } from '../runtime/node/paths.js';
import type { PipelineStatus } from '../runtime/pipeline/read-status.js';
import { painter, print, printJson, table } from './output.js';
import { lifeText } from './life-text.js';
import { strategyText } from './strategy-text.js';

const help = `
Asks the process that serves the database, if one is running (FILE.run.json says where); else reads the files
without changing anything.

Examples:
  holdfast status
  holdfast status --db research/2026.db --json
  holdfast status --strategy Quarters-RSI    its rank, and the floor or gate that decided
  holdfast status --trace bt-1f0c...         where the time of one request went
`;

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('What a run is doing, or has done.')
    .option('--db <file>', 'the database', defaultFile)
    .option('--json', 'as JSON', false)
    .option('--strategy <name>', 'where the strategies of this name (or id) stand, and what decided that')
    .option('--trace <id>', 'the life of one request, hop by hop; also by the id of an attempt')
    .addHelpText('after', help)
    .action(async ({ db, json, strategy, trace }: Flags) => {
      if (trace !== undefined) return showLife(db, trace, json);
      if (strategy !== undefined) return showStrategies(db, strategy, json);
      const { readStatus } = await import('../runtime/pipeline/read-status.js');
      const status = await readStatus(db);
      await (json ? printJson(status) : print(textOf(status)));
    });
}

interface Flags {
  readonly db: string;
  readonly json: boolean;
  readonly strategy?: string;
  readonly trace?: string;
}

async function showLife(db: string, id: string, json: boolean): Promise<void> {
  const { readRequestLife } = await import('../runtime/pipeline/request-life.js');
  const life = await readRequestLife(db, id);
  await (json ? printJson(life) : print(lifeText(life)));
}

async function showStrategies(db: string, name: string, json: boolean): Promise<void> {
  const { readStrategies } = await import('../runtime/pipeline/strategy-status.js');
  const found = await readStrategies(db, name);
  const paint = painter(process.stdout);
  await (json ? printJson(found) : print(found.map((one) => strategyText(one, paint)).join('\n')));
}

const time = (wallMs: number | null): string =>
  wallMs === null ? 'unknown' : `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

function textOf(status: PipelineStatus): string {
  const paint = painter(process.stdout);
  const { state, counts } = status;
  const colour = state === 'live' ? 'green' : state === 'silent' ? 'red' : 'yellow';
  const rows: string[][] = [
    ['database', status.file],
    ['state', stateText(status)],
    ...conditionsOf(status.health).map((condition) => ['to be put right', condition]),
    ...(status.url === null ? [] : [['page', `${status.url}/`]]),
    ['figures of', time(status.countsAsOfWallMs)],
    ...(counts?.requests ?? []).map(({ kind, state: requestState, count }) => [
      `${kind} ${requestState}`,
      String(count),
    ]),
    ...(counts?.latencies ?? []).map(({ kind, p50, p95, p99 }) => [
      `${kind} latency`,
      `p50 ${Math.round(p50)} ms, p95 ${Math.round(p95)} ms, p99 ${Math.round(p99)} ms`,
    ]),
    ...(counts?.ranks ?? []).map(({ rank, count }) => [`rank ${rank ?? 'unranked'}`, String(count)]),
    ['dead letters', counts === null ? 'unknown' : String(counts.deadLettersKept ?? 'unknown')],
  ];
  return `${paint(colour, `holdfast: ${state}`)}\n${table(rows)}`;
}

function stateText({ state, pid, startedWallMs, health }: PipelineStatus): string {
  switch (state) {
    case 'live':
      return `process ${pid ?? '?'} since ${time(startedWallMs)}, health ${healthWord(health)}`;
    case 'silent':
      return `a process ${pid ?? '?'} lives but does not answer; the figures are from the files`;
    case 'stopped':
      return 'no process is running; the figures are from the files';
  }
}

const healthWord = (health: unknown): string =>
  typeof health === 'object' && health !== null && 'status' in health ? String(health.status) : 'unknown';

/** Why it is red, in its own words; what a process of another version says in another way is passed over. */
function conditionsOf(health: unknown): readonly string[] {
  if (typeof health !== 'object' || health === null || !('conditions' in health)) return [];
  const { conditions } = health;
  if (!Array.isArray(conditions)) return [];
  return conditions.flatMap((condition: unknown) =>
    typeof condition === 'object' && condition !== null && 'message' in condition
      ? [String(condition.message)]
      : [],
  );
}
