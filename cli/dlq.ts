import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import type { LetterCursor, LetterRow } from '../protocols/dead-letters.js';
import type { RunFile } from '../protocols/operations.js';
import { defaultFile } from '../runtime/node/paths.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { UsageError } from './failure.js';
import { askRunning, errorOf, findLive, requireLive } from './live.js';
import { painter, print, printJson, table } from './output.js';
import { whole } from './run-options.js';

const help = `
A dead letter is a message that reached nobody, or a request that was given up, with the reason. It is kept until somebody
redrives it: delivers it again, to where it came from. list and show ask the process that serves the database, or read its
files when none runs; redrive needs the process, and notes who asked. A letter is gone once it has been accepted; one that
cannot be delivered is kept, and the reason is told.

Examples:
  holdfast dlq list
  holdfast dlq list --reason crash_loop --json
  holdfast dlq show crash_loop-4f1c
  holdfast dlq redrive crash_loop-4f1c
  holdfast dlq redrive --all --reason mailbox_full --rate 20
  holdfast dlq redrive --all --reason crash_loop --dry-run
`;

const redriveHelp = `
Wants the process that serves the database. A letter that is refused is kept, and the reason is told.

Examples:
  holdfast dlq redrive crash_loop-4f1c
  holdfast dlq redrive --all --reason undeliverable --dry-run
`;

const withDatabase = (command: Command): Command =>
  command.option('--db <file>', 'the database', defaultFile).option('--json', 'as JSON', false);

interface Common {
  readonly db: string;
  readonly json: boolean;
}

export function addDlq(program: Command): void {
  const dlq = program
    .command('dlq')
    .description('Dead letters: list them, look at one, deliver them again.')
    .addHelpText('after', help);
  withDatabase(dlq.command('list'))
    .description('The letters that are kept, oldest first.')
    .option('--reason <reason>', 'only of this reason')
    .option('--limit <count>', 'at most so many, 1 to 500', whole(1, 500), 50)
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast dlq list\n  holdfast dlq list --reason undeliverable --limit 10 --json',
    )
    .action(list);
  withDatabase(dlq.command('show'))
    .description('One letter with all it holds.')
    .argument('<id>', 'as list shows it')
    .addHelpText('after', '\nExample:\n  holdfast dlq show crash_loop-4f1c')
    .action(show);
  withDatabase(dlq.command('redrive'))
    .description('Deliver letters again, oldest first, to where they came from.')
    .argument('[id...]', 'as list shows them')
    .option('--all', 'all letters of --reason that are there now', false)
    .option('--reason <reason>', 'with --all: which')
    .option('--dry-run', 'only say which', false)
    .option('--rate <count>', 'at most so many a second, 1 to 1000', whole(1, 1_000), 50)
    .addHelpText('after', redriveHelp)
    .action(redrive);
}

async function list({
  db,
  json,
  reason,
  limit,
}: Common & { readonly reason?: string; readonly limit: number }) {
  const letters = await page(db, reason, null, limit);
  if (json) return printJson({ letters });
  if (letters.length === 0)
    return print(`no dead letters${reason === undefined ? '' : ` of reason ${reason}`} are kept`);
  const paint = painter(process.stdout);
  const rows = [
    ['ID', 'WHEN', 'REASON', 'MESSAGE', 'RECIPIENT'],
    ...letters.map((letter) => [
      letter.letterId,
      at(letter.atWallMs),
      letter.reason,
      letter.messageType,
      letter.recipient,
    ]),
  ];
  const [head = '', ...lines] = table(rows).split('\n');
  const more = letters.length === limit ? `\n${letters.length} shown; there may be more: --limit` : '';
  return print(`${paint('bold', head)}\n${lines.join('\n')}${more}`);
}

async function show(id: string, { db, json }: Common) {
  const letter = await one(db, id);
  if (json) return printJson(letter);
  const { payloadJson, errorsJson, ...plain } = letter;
  const rows = Object.entries(plain).map(([name, value]) => [
    name,
    name.endsWith('WallMs') && typeof value === 'number' ? at(value) : String(value ?? '-'),
  ]);
  const errors = (JSON.parse(errorsJson) as readonly unknown[]).map((error) => `  ${String(error)}`);
  const payload = payloadJson === null ? `  not written down (${letter.payloadType})` : indented(payloadJson);
  const told = errors.length === 0 ? '' : `\nerrors\n${errors.join('\n')}`;
  return print(`${table(rows)}${told}\npayload\n${payload}`);
}

const indented = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).replace(/^/gm, '  ');
  } catch {
    return `  ${text}`;
  }
};

const at = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

interface RedriveFlags extends Common {
  readonly all: boolean;
  readonly reason?: string;
  readonly dryRun: boolean;
  readonly rate: number;
}

const resultSchema = z.object({
  results: z.array(
    z.object({
      letterId: z.string(),
      outcome: z.enum(['redriven', 'refused']),
      to: z.string().optional(),
      code: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
});
type Result = z.infer<typeof resultSchema>['results'][number];

async function redrive(ids: readonly string[], flags: RedriveFlags) {
  const { all, reason, dryRun, db, json } = flags;
  if (all === ids.length > 0)
    throw new UsageError(
      'dlq redrive: expected ids of letters, or --all --reason REASON, found both or neither',
    );
  if (all && reason === undefined)
    throw new UsageError(
      'dlq redrive --all: expected --reason REASON too, so that no other letters go with them',
    );
  if (!all && reason !== undefined) throw new UsageError('dlq redrive: --reason goes with --all');
  const live = dryRun ? null : await requireLive(db, 'dlq redrive');
  const wanted = all ? await everyOf(db, reason) : await oldestFirst(db, ids);
  if (live === null) {
    if (json) return printJson({ dryRun: true, letterIds: wanted });
    return print(
      wanted.length === 0
        ? 'nothing to redrive'
        : `would be redriven:\n${wanted.map((id) => `  ${id}`).join('\n')}`,
    );
  }
  const results = await send(live, wanted, flags);
  const refused = results.filter(({ outcome }) => outcome === 'refused');
  if (json) await printJson({ results });
  else await print(`${results.length - refused.length} redriven, ${refused.length} refused`);
  // Somebody asked for these very letters: that one of them stays is a failure, told line by line.
  if (refused.length > 0)
    throw new PipelineFailure('failed', `${refused.length} of ${results.length} letters are kept`, {
      details: refused.map(({ letterId, code, message }) => `${letterId}: ${message ?? ''} (${code ?? ''})`),
    });
}

/** What one request takes; a pause between two keeps the rate. */
const atOnce = 20;
const askMs = 15_000;

async function send(
  live: RunFile,
  ids: readonly string[],
  { rate, json }: RedriveFlags,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const step = Math.min(atOnce, rate);
  for (let from = 0; from < ids.length; from += step) {
    if (from > 0) await sleep((1_000 * step) / rate);
    const letterIds = ids.slice(from, from + step);
    const answer = await askRunning(live, {
      method: 'POST',
      path: '/api/dead-letters/redrive',
      body: { letterIds },
      withinMs: askMs,
    });
    if (answer.status !== 200) throw new PipelineFailure('failed', `dlq redrive: ${errorOf(answer)}`);
    const part = resultSchema.parse(answer.body).results;
    results.push(...part);
    if (!json)
      for (const { letterId, outcome, to } of part)
        if (outcome === 'redriven') await print(`${letterId} -> ${to ?? '?'}`);
  }
  return results;
}

/** The letters that are there now: one that dies again meanwhile is not sent round and round. */
async function everyOf(db: string, reason: string | undefined): Promise<readonly string[]> {
  const found: string[] = [];
  let after: LetterCursor | null = null;
  for (;;) {
    const letters: readonly LetterRow[] = await page(db, reason, after, 500);
    found.push(...letters.map(({ letterId }) => letterId));
    const last = letters.at(-1);
    if (last === undefined || letters.length < 500) return found;
    after = { atWallMs: last.atWallMs, letterId: last.letterId };
  }
}

async function oldestFirst(db: string, ids: readonly string[]): Promise<readonly string[]> {
  const letters = await Promise.all([...new Set(ids)].map((id) => one(db, id)));
  return letters.toSorted((a, b) => a.atWallMs - b.atWallMs).map(({ letterId }) => letterId);
}

async function page(
  db: string,
  reason: string | undefined,
  after: LetterCursor | null,
  limit: number,
): Promise<readonly LetterRow[]> {
  const live = await findLive(db);
  if (live === null) {
    const { readKeptLetters } = await import('../runtime/pipeline/read-letters.js');
    return readKeptLetters(db, { reason, after, limit });
  }
  const query = new URLSearchParams({ limit: String(limit) });
  if (reason !== undefined) query.set('reason', reason);
  if (after !== null) query.set('after', `${after.atWallMs},${after.letterId}`);
  const answer = await askRunning(live, {
    method: 'GET',
    path: `/api/dead-letters/kept?${query.toString()}`,
    withinMs: askMs,
  });
  if (answer.status !== 200) throw new PipelineFailure('failed', `dlq: ${errorOf(answer)}`);
  return (answer.body as { readonly letters: readonly LetterRow[] }).letters;
}

async function one(db: string, id: string): Promise<LetterRow> {
  const live = await findLive(db);
  let letter: LetterRow | null;
  if (live === null) {
    const { readLetter } = await import('../runtime/pipeline/read-letters.js');
    letter = await readLetter(db, id);
  } else {
    const path = `/api/dead-letters/kept/${encodeURIComponent(id)}`;
    const answer = await askRunning(live, { method: 'GET', path, withinMs: askMs });
    if (answer.status !== 200 && answer.status !== 404)
      throw new PipelineFailure('failed', `dlq: ${errorOf(answer)}`);
    letter = answer.status === 200 ? (answer.body as LetterRow) : null;
  }
  if (letter !== null) return letter;
  throw new PipelineFailure(
    'input_missing',
    `${id}: expected the id of a letter, found none of that id; holdfast dlq list shows them`,
  );
}
