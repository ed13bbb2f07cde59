/** Where the time of requests went, from the rows of a real run. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { RequestLife } from '../../runtime/pipeline/request-life.js';
import { countEnded, selectHops, selectOldestOpen } from '../../storage/tables/request-hops.js';
import type { HopRow } from '../../storage/tables/request-hops.js';
import { holdfast, workplace } from '../run/program.js';
import type { Workplace } from '../run/program.js';

let place: Workplace;
let core: Database.Database;

beforeAll(async () => {
  place = workplace();
  expect((await place.run('life.db', '--once', '--quiet').ended).code).toBe(0);
  core = new Database(path.join(place.folder, 'life.db'), { readonly: true });
}, 60_000);

afterAll(() => {
  core.close();
  place.remove();
});

const all = (statement: { readonly sql: string; readonly params: readonly unknown[] }): unknown[] =>
  core.prepare(statement.sql).all(...statement.params);

/** Nearest rank, worked out apart from the query. */
const rank = (values: readonly number[], share: number): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1];

test('the percentiles of each hop are those of the rows', () => {
  const rows = core
    .prepare(
      `SELECT kind, leased_wall_ms - submitted_wall_ms AS queued, terminal_wall_ms - sent_wall_ms AS answering
       FROM requests JOIN attempts ON attempt_id = accepted_attempt_id WHERE state = 'succeeded'`,
    )
    .all() as { kind: string; queued: number; answering: number | null }[];
  const hops = all(selectHops({ sinceWallMs: 0 })) as HopRow[];
  expect(new Set(hops.map(({ kind }) => kind))).toEqual(new Set(['backtest', 'oos']));
  for (const { kind, hop, count, p50, p95, p99 } of hops) {
    if (hop === 'leaving') continue;
    const values = rows.filter((row) => row.kind === kind).flatMap((row) => row[hop] ?? []);
    expect({ count, p50, p95, p99 }).toEqual({
      count: values.length,
      p50: rank(values, 0.5),
      p95: rank(values, 0.95),
      p99: rank(values, 0.99),
    });
  }
});

test('what has ended is counted by kind and state, and nothing is open after a job', () => {
  const ended = all(countEnded({ sinceWallMs: 0 })) as { kind: string; state: string; count: number }[];
  const sum = ended.reduce((total, { count }) => total + count, 0);
  expect(sum).toBe(core.prepare('SELECT count(*) FROM requests').pluck().get());
  expect(all(countEnded({ sinceWallMs: 4e12 }))).toEqual([]);
  expect(all(selectOldestOpen({}))).toEqual([]);
});

test('no question of these reads a table from end to end', () => {
  for (const statement of [
    selectHops({ sinceWallMs: 0 }),
    countEnded({ sinceWallMs: 0 }),
    selectOldestOpen({}),
  ]) {
    const plan = core.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`).all(...statement.params) as {
      detail: string;
    }[];
    expect(
      plan.filter(({ detail }) =>
        /^SCAN (requests|attempts)\b(?!.* INDEX (requests_expiring|attempts_open)$)/.test(detail),
      ),
    ).toEqual([]);
  }
});

test('status --trace tells the life of a request, also by the id that went over the wire', async () => {
  const [requestId, attemptId] = core
    .prepare("SELECT request_id, accepted_attempt_id FROM requests WHERE state = 'succeeded' LIMIT 1")
    .raw()
    .get() as [string, string];
  for (const id of [requestId, attemptId]) {
    const { code, stdout } = await holdfast(
      ['status', '--db', 'life.db', '--trace', id, '--json'],
      place.folder,
    ).ended;
    expect(code).toBe(0);
    const life = JSON.parse(stdout) as RequestLife;
    expect(life).toMatchObject({ requestId, state: 'succeeded', attempts: [{ attemptId, number: 1 }] });
    const [attempt] = life.attempts;
    expect(attempt?.leasedWallMs).toBeGreaterThanOrEqual(life.submittedWallMs);
    expect(attempt?.endedWallMs).toBe(life.terminalWallMs);
  }
  expect((await holdfast(['status', '--db', 'life.db', '--trace', 'none'], place.folder).ended).code).toBe(
    66,
  );
});
