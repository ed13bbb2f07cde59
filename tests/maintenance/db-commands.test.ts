/** Files checked, backed up, restored and packed by the real program, on what a real run left. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
  closeSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { Finding } from '../../storage/maintenance/check.js';
import type { StoreStats } from '../../storage/maintenance/stats.js';
import { holdfast, workplace } from '../run/program.js';
import type { Workplace } from '../run/program.js';

interface Checked {
  readonly sound: boolean;
  readonly findings: readonly Finding[];
}

let place: Workplace;
let folder: string;
let db: string;

const run = (...args: readonly string[]) => holdfast(args, folder).ended;
const at = (...names: readonly string[]): string => path.join(folder, ...names);

beforeAll(async () => {
  place = workplace();
  ({ folder } = place);
  db = at('core.db');
  const ended = await place.run('core.db', '--once', '--quiet').ended;
  expect(ended.code).toBe(0);
}, 60_000);

afterAll(() => {
  place.remove();
});

/** The same rows in the same order, whatever the pages look like. */
function rowsHash(file: string): string {
  const connection = new Database(file, { readonly: true });
  try {
    const hash = createHash('sha256');
    const tables = connection
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .pluck()
      .all() as string[];
    for (const table of tables)
      hash.update(
        table + JSON.stringify(connection.prepare(`SELECT * FROM ${table} ORDER BY 1`).raw().all()),
      );
    return hash.digest('hex');
  } finally {
    connection.close();
  }
}

async function check(file: string): Promise<{ readonly code: number | null; readonly answer: Checked }> {
  const { code, stdout } = await run('db', 'check', '--db', file, '--json');
  return { code, answer: JSON.parse(stdout) as Checked };
}

const problemsOf = ({ findings }: Checked): readonly Finding[] =>
  findings.filter(({ problems }) => problems.length > 0);

test('what a run leaves is sound, and every check looked at something', async () => {
  const { code, answer } = await check(db);
  expect(code).toBe(0);
  expect(answer.sound).toBe(true);
  expect(answer.findings.find(({ check: what }) => what === 'requests')?.examined).toBeGreaterThan(50);
  expect(answer.findings.find(({ check: what }) => what === 'trades_of_results')?.examined).toBeGreaterThan(
    40,
  );
});

test('a backup restored elsewhere holds the same rows, and a run on it does nothing twice', async () => {
  expect((await run('db', 'backup', 'backup', '--db', db)).code).toBe(0);
  expect((await run('db', 'restore', 'backup', '--db', 'again/core.db')).code).toBe(0);
  for (const suffix of ['', '.trades', '.dead-letters'])
    expect(rowsHash(at('again', `core.db${suffix}`))).toBe(rowsHash(`${db}${suffix}`));
  expect(readdirSync(at('again', 'core.db.windows')).sort()).toEqual(readdirSync(`${db}.windows`).sort());
  const attempts = (file: string): unknown => {
    const connection = new Database(file, { readonly: true });
    const count: unknown = connection.prepare('SELECT count(*) FROM attempts').pluck().get();
    connection.close();
    return count;
  };
  const before = attempts(at('again', 'core.db'));
  expect((await place.run('again/core.db', '--once', '--quiet').ended).code).toBe(0);
  expect(attempts(at('again', 'core.db'))).toBe(before);
}, 60_000);

describe('a damaged backup', () => {
  test.each(['core.db', 'trades.db'])('of %s is refused before anything is moved', async (name) => {
    const copy = `damaged-${name}`;
    expect((await run('db', 'backup', copy, '--db', db)).code).toBe(0);
    const descriptor = openSync(at(copy, name), 'r+');
    writeSync(descriptor, Buffer.from('x'), 0, 1, 5_000);
    closeSync(descriptor);
    const ended = await run('db', 'restore', copy, '--db', `${copy}/elsewhere.db`);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/damaged/);
    expect(existsSync(at(copy, 'elsewhere.db'))).toBe(false);
  });
});

test('restore over something asks for --force, and then moves it aside with its WAL', async () => {
  copyFileSync(db, at('target.db'));
  copyFileSync(db, at('target.db-wal'));
  expect((await run('db', 'backup', 'over', '--db', db)).code).toBe(0);
  const refused = await run('db', 'restore', 'over', '--db', 'target.db');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/--force/);
  expect((await run('db', 'restore', 'over', '--db', 'target.db', '--force')).code).toBe(0);
  expect(existsSync(at('target.db-wal'))).toBe(false);
  expect(readdirSync(folder).filter((name) => /^target\.db(-wal)?\.before-restore-/.test(name))).toHaveLength(
    2,
  );
  expect((await check('target.db')).answer.sound).toBe(true);
});

test('a backup into a folder that is there is refused', async () => {
  expect((await run('db', 'backup', '.', '--db', db)).code).toBe(1);
});

describe('check finds', () => {
  const spoiled = (name: string, spoil: (connection: Database.Database) => void, suffix = ''): string => {
    const file = at(name);
    for (const part of ['', '.trades', '.dead-letters']) copyFileSync(`${db}${part}`, `${file}${part}`);
    const connection = new Database(`${file}${suffix}`);
    connection.pragma('foreign_keys = off');
    spoil(connection);
    connection.close();
    return file;
  };

  test.each([
    [
      'a result without its trades',
      'DELETE FROM trade_lists WHERE list_id = 1',
      '.trades',
      'trades_of_results',
    ],
    [
      'trades of another content',
      "UPDATE trade_lists SET sha256 = 'x' WHERE list_id = 1",
      '.trades',
      'trades_of_results',
    ],
    [
      'a success without a result',
      'DELETE FROM results WHERE rowid = (SELECT min(rowid) FROM results)',
      '',
      'requests',
    ],
    [
      'a row whose parent is gone',
      'DELETE FROM strategies WHERE strategy_id = (SELECT strategy_id FROM requests LIMIT 1)',
      '',
      'foreign_keys',
    ],
    ['a rank without its verdict', 'DELETE FROM rank_verdicts', '', 'requests'],
    ["another program's file", 'PRAGMA application_id = 7', '.dead-letters', 'schema'],
    ['a newer schema', 'PRAGMA user_version = 99', '', 'schema'],
  ])('%s', async (title, sql, suffix, expected) => {
    const file = spoiled(
      `spoiled-${title.replaceAll(/\W/g, '-')}.db`,
      (connection) => connection.exec(sql),
      suffix,
    );
    const { code, answer } = await check(file);
    expect(code).toBe(1);
    expect(problemsOf(answer).map(({ check: what }) => what)).toContain(expected);
  });

  test('a flipped page', async () => {
    const file = spoiled('flipped.db', () => undefined);
    const descriptor = openSync(file, 'r+');
    for (let page = 20; page < 40; page++) writeSync(descriptor, Buffer.alloc(64, 255), 0, 64, page * 4_096);
    closeSync(descriptor);
    const { code, answer } = await check(file);
    expect(code).toBe(1);
    expect(answer.sound).toBe(false);
  });
});

test('stats name every table with its rows, and vacuum gives back what was deleted', async () => {
  const file = at('packed.db');
  for (const part of ['', '.trades', '.dead-letters']) copyFileSync(`${db}${part}`, `${file}${part}`);
  const { stdout } = await run('db', 'stats', '--db', file, '--json');
  const stores = JSON.parse(stdout) as readonly StoreStats[];
  const trades = stores
    .find(({ store }) => store === 'trades')
    ?.tables.find(({ table }) => table === 'trades');
  expect(trades?.rows).toBeGreaterThan(1_000);
  expect(trades?.bytes).toBeGreaterThan(10_000);
  const connection = new Database(`${file}.trades`);
  connection.exec('DELETE FROM trades');
  connection.close();
  const before = statSync(`${file}.trades`).size;
  expect((await run('db', 'vacuum', '--db', file)).code).toBe(0);
  expect(statSync(`${file}.trades`).size).toBeLessThan(before / 2);
});

test('while a process has the files, check and backup work, and restore and vacuum are refused', async () => {
  const live = at('live.db');
  const running = place.run('live.db');
  await running.said(/staying up/);
  expect((await check(live)).code).toBe(0);
  expect((await run('db', 'backup', 'of-live', '--db', live)).code).toBe(0);
  expect(readFileSync(at('of-live', 'manifest.json'), 'utf8')).toContain('core.db');
  expect((await run('db', 'vacuum', '--db', live)).code).toBe(73);
  expect((await run('db', 'restore', 'of-live', '--db', live, '--force')).code).toBe(73);
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
}, 60_000);
