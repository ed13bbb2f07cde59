/**
 * The power goes at any moment: what was acknowledged is there, whole and once. The writes of a real process are
 * recorded below SQLite (recorder.c); each cut rebuilds the files from what was synced before it and a seeded part of
 * what was not, opens them and compares with what had been acknowledged by then.
 *
 *   HOLDFAST_CUTS=3000 HOLDFAST_SEED=7 npx jest tests/power-cut
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { Disk, parseRecords } from './disk.js';
import type { Operation, Random, Survivors } from './disk.js';

const cuts = Number(process.env['HOLDFAST_CUTS'] ?? 300);
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000);

const compiler = spawnSync('cc', ['--version']).status === 0;
const linux = process.platform === 'linux';
const testHere = compiler && linux ? test : test.skip;

let folder = '';
let operations: readonly Operation[] = [];

beforeAll(() => {
  if (!compiler || !linux) {
    process.stderr.write('skipped: the power-cut replay needs Linux and a C compiler\n');
    return;
  }
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-power-'));
  const [library, record, work] = ['recorder.so', 'record', 'work'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  mkdirSync(work);
  const source = path.join(__dirname, 'recorder.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl', '-lpthread']);
  const program = path.join(__dirname, 'programs', 'work.mjs');
  const ended = spawnSync(process.execPath, [program, path.resolve('dist', 'storage'), work, '60'], {
    env: { ...process.env, LD_PRELOAD: library, RECORD_ROOT: work, RECORD_FILE: record },
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ signal: ended.signal, errors: ended.stderr }).toEqual({ signal: 'SIGKILL', errors: '' });
  operations = parseRecords(readFileSync(record));
}, 90_000);

afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
});

/** mulberry32 */
function randomFrom(start: number): Random {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const survivors: readonly Survivors[] = ['none', 'all', 'first_part', 'any_part', 'any_sectors'];

interface Cut {
  readonly at: number;
  readonly survivors: Survivors;
  readonly seed: number;
}

function drawCuts(random: Random, count: number): readonly Cut[] {
  return Array.from({ length: count }, (_, index) => ({
    at: Math.floor(random() * operations.length),
    survivors: survivors[index % survivors.length] ?? 'none',
    seed: Math.floor(random() * 0x7fff_ffff),
  })).sort((a, b) => a.at - b.at);
}

interface Loss {
  readonly cut: Cut;
  readonly what: string;
}

/** Plays every cut. @param heeds whether the disk does what a sync asks for */
function replay(wanted: readonly Cut[], heeds: (operation: Operation) => boolean): readonly Loss[] {
  const disk = new Disk();
  const losses: Loss[] = [];
  let acknowledged = '';
  let done = 0;
  for (const cut of wanted) {
    for (; done < cut.at; done += 1) {
      const operation = operations[done];
      if (operation === undefined) break;
      // The list of what was acknowledged is what the caller remembers; no power cut touches it.
      if (operation.path.endsWith('/acks')) {
        if (operation.type === 'write') acknowledged += operation.data.toString('utf8');
      } else if (operation.type !== 'sync' || heeds(operation)) disk.do(operation);
    }
    const files = disk.after(cut.survivors, randomFrom(cut.seed));
    losses.push(...inspect(files, acknowledged.split('\n').slice(0, -1)).map((what) => ({ cut, what })));
  }
  return losses;
}

/** Opens what a cut has left. @returns what is missing, doubled, half there or unreadable */
function inspect(files: ReadonlyMap<string, Buffer>, acknowledged: readonly string[]): readonly string[] {
  const place = mkdtempSync(path.join(folder, 'cut-'));
  try {
    for (const [file, content] of files) writeFileSync(path.join(place, path.basename(file)), content);
    return compare(place, acknowledged);
  } catch (error) {
    return [`unreadable: ${String(error)}`];
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function compare(place: string, acknowledged: readonly string[]): readonly string[] {
  const problems: string[] = [];
  const rows = (name: string, sql: string): readonly string[] => {
    const connection = new Database(path.join(place, name));
    try {
      const said: unknown = connection.pragma('integrity_check', { simple: true });
      if (said !== 'ok') problems.push(`${name} is damaged: ${String(said)}`);
      const tables: unknown = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
      return tables === 0 ? [] : (connection.prepare(sql).pluck().all() as string[]);
    } finally {
      connection.close();
    }
  };
  const boots = rows('core.db', 'SELECT boot_id FROM boots').map((id) => id.split('-').slice(0, 3).join('-'));
  const lists = new Set(rows('trades.db', listsSql));
  for (const line of acknowledged) {
    const [kind, id, count] = line.split(' ') as [string, string, string | undefined];
    if (kind === 'list' && !lists.has(`${id} ${count ?? ''}`)) problems.push(`lost: ${line}`);
    if (kind === 'pair' && !(boots.includes(`${id}-a`) && boots.includes(`${id}-b`)))
      problems.push(`lost: ${line}`);
  }
  for (const boot of boots) {
    const id = boot.slice(0, -2);
    const halves = boots.filter((other) => other.slice(0, -2) === id).length;
    if (halves !== 2) problems.push(`half there: ${id}`);
    if (![...lists].some((list) => list.startsWith(`${id} `)))
      problems.push(`promised and not there: list ${id}`);
  }
  return problems;
}

/** Lists whose rows are as many as their receipts say. */
const listsSql = `SELECT attempt_id || ' ' || count FROM trade_lists
  WHERE count = (SELECT count(*) FROM trades WHERE trades.list_id = trade_lists.list_id)`;

testHere(
  `nothing acknowledged is lost, halved or doubled in ${cuts} power cuts (seed ${seed})`,
  () => {
    const synced = operations.filter(({ type }) => type === 'sync').length;
    expect(synced).toBeGreaterThan(100);
    expect(replay(drawCuts(randomFrom(seed), cuts), () => true)).toEqual([]);
  },
  120_000,
);

testHere(
  'the replay sees the losses of a disk that does not do what a sync asks for',
  () => {
    const lying = replay(drawCuts(randomFrom(seed), 40), ({ path: file }) => !file.endsWith('-wal'));
    expect(lying.length).toBeGreaterThan(0);
  },
  60_000,
);
