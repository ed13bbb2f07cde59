/**
 * Everything that can befall a database file while it is in use: no crash, nothing acknowledged is lost, refusals say why,
 * what is red is told, and all of it ends by itself when the cause does. HOLDFAST_LONG=1 holds a lock for ten seconds.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { markFileOf, readMark } from '../../storage/commit-mark.js';
import { loopDelayMs, newFolder, pause, removeFolders, Stores, until } from './trouble.js';

const folders: string[] = [];
const running: Stores[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ system }) => system.stop()));
  removeFolders(folders);
});

async function open(file = path.join(newFolder(folders), 'core.db'), busyMsMax = 5_000): Promise<Stores> {
  const stores = await Stores.open(file, { busyMsMax });
  running.push(stores);
  await stores.import();
  stores.told.splice(0);
  return stores;
}

const lockMs = process.env['HOLDFAST_LONG'] === undefined ? 1_500 : 10_000;

test(
  'a lock that somebody else holds is waited for beside the loop, and told',
  async () => {
    const stores = await open(undefined, lockMs / 5);
    const other = new Database(stores.file);
    other.exec('BEGIN IMMEDIATE');
    let refusals: readonly string[] = [];
    const stoodMs = await loopDelayMs(async () => {
      const asked = stores.insist('r1', 'r2');
      await pause(lockMs);
      other.exec('ROLLBACK');
      refusals = await asked;
    });
    other.close();
    // Waiting on this thread would have stopped its loop for as long as the lock was held.
    expect(stoodMs).toBeLessThan(lockMs / 3);
    expect(new Set(refusals)).toEqual(new Set(['busy']));
    expect(stores.told).toEqual([
      ['core.db', 'busy'],
      ['core.db', null],
    ]);
    expect(await stores.queued()).toBe(2);
  },
  lockMs + 30_000,
);

test('a full disk refuses by its name, keeps what it has, and takes new work again once there is room', async () => {
  const stores = await open();
  await stores.insist('before');
  await stores.pragma('max_page_count = 1');
  let accepted = 1;
  const stoodMs = await loopDelayMs(async () => {
    for (let n = 0; ; n += 1) {
      const answer = await stores.submit(`r${n}`);
      if (!answer.ok) {
        expect(answer).toMatchObject({ code: 'disk_full', retryable: true });
        return;
      }
      accepted += 1;
    }
  });
  expect(stoodMs).toBeLessThan(500);
  expect(await stores.queued()).toBe(accepted);
  expect(stores.told).toEqual([['core.db', 'disk_full']]);
  await stores.pragma('max_page_count = 1000000');
  // The next look finds out by itself: nobody needs to ask for anything.
  await until(() => stores.told.find(([, code]) => code === null));
  await stores.insist('after');
  expect(await stores.queued()).toBe(accepted + 1);
});

describe('real file systems', () => {
  const mounted: string[] = [];
  afterEach(() => {
    for (const folder of mounted.splice(0)) spawnSync('umount', ['--lazy', folder]);
  });
  const mount = (...args: readonly string[]): boolean => spawnSync('mount', args).status === 0;
  const canMount = ((): boolean => {
    const folder = newFolder(folders);
    const can = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
    if (can) spawnSync('umount', [folder]);
    return can;
  })();
  // Only who may mount can have a disk filled or made read-only; elsewhere these show as skipped.
  const whereMountable = canMount ? test : test.skip;

  whereMountable(
    'a full disk takes what fits, and goes on once something else on it makes room',
    async () => {
      const folder = newFolder(folders);
      mount('-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder);
      mounted.push(folder);
      const other = path.join(folder, 'other');
      writeFileSync(other, Buffer.alloc(6 * 1_024 * 1_024, 1));
      const stores = await open(path.join(folder, 'core.db'));
      let accepted = 0;
      for (let n = 0; ; n += 1) {
        const ids = Array.from({ length: 50 }, (_, at) => `r${n}.${at}`);
        const answer = await stores.submit(...ids);
        if (!answer.ok) {
          expect(answer).toMatchObject({ code: 'disk_full', retryable: true });
          break;
        }
        accepted += ids.length;
      }
      expect(accepted).toBeGreaterThan(0);
      expect(stores.told[0]).toEqual(['core.db', 'disk_full']);
      expect(await stores.queued()).toBe(accepted);
      rmSync(other);
      await until(() => stores.told.find(([, code]) => code === null));
      await stores.insist('after');
      expect(await stores.queued()).toBe(accepted + 1);
    },
  );

  whereMountable(
    'a disk that is read-only when its file is opened again refuses until it is not',
    async () => {
      const stores = await open();
      await stores.insist('r1');
      const folder = path.dirname(stores.file);
      mount('--bind', folder, folder);
      mounted.push(folder);
      mount('-o', 'remount,ro,bind', folder);
      await stores.workers.get('core writer')?.terminate();
      await until(async () => {
        const answer = await stores.submit('r2');
        return !answer.ok && ['read_only', 'cannot_open'].includes(answer.code) ? answer : undefined;
      });
      expect(await stores.queued()).toBe(1);
      for (const at of mounted.splice(0)) spawnSync('umount', ['--lazy', at]);
      await stores.insist('r2');
      expect(await stores.queued()).toBe(2);
      expect(stores.told.at(-1)?.[1]).toBeNull();
    },
  );
});

test('a page that is damaged is told as what it is, and what lies elsewhere goes on', async () => {
  const file = path.join(newFolder(folders), 'core.db');
  const first = await open(file);
  await first.insist('r1');
  running.pop();
  await first.system.stop();
  const connection = new Database(file, { readonly: true });
  const page = connection
    .prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'requests'`)
    .pluck()
    .get() as number;
  connection.close();
  const bytes = readFileSync(file);
  bytes.fill(0xee, (page - 1) * 4_096, page * 4_096);
  writeFileSync(file, bytes);
  const stores = await open(file);
  expect(await stores.submit('r2')).toMatchObject({ ok: false, code: 'corrupt', retryable: false });
  expect(stores.told.at(-1)).toEqual(['core.db', 'corrupt']);
  // The strategies were read while it was opened above.
  await stores.import();
});

describe('a file that is deleted while it is in use', () => {
  test('is written back, with everything that was acknowledged', async () => {
    const stores = await open();
    await stores.insist('r1', 'r2');
    for (const name of ['', '-wal', '-shm']) rmSync(`${stores.file}${name}`);
    const refusals = await stores.insist('r3');
    expect(refusals.length).toBeGreaterThan(0);
    expect(await stores.queued()).toBe(3);
    const connection = new Database(stores.file, { readonly: true });
    expect(connection.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(3);
    expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
    connection.close();
  });

  test('is noticed without anybody asking for anything', async () => {
    const stores = await open();
    await stores.insist('r1');
    for (const name of ['', '-wal', '-shm']) rmSync(`${stores.file}${name}`);
    await until(() => (existsSync(stores.file) ? true : undefined));
    expect(await stores.queued()).toBe(1);
  });

  test('may be its log alone: that is moved into the file', async () => {
    const stores = await open();
    await stores.insist('r1', 'r2');
    rmSync(`${stores.file}-wal`);
    await stores.insist('r3');
    // As whoever comes next would find it, had this process been killed here.
    const connection = new Database(stores.file, { readonly: true });
    expect(connection.prepare('SELECT count(*) FROM requests').pluck().get()).toBe(3);
    connection.close();
    running.pop();
    await stores.system.stop();
    const again = await open(stores.file);
    expect(await again.queued()).toBe(3);
    expect(again.losses).toEqual([]);
  });

  test('is not written over another one that stands there now', async () => {
    const stores = await open();
    await stores.insist('r1');
    const aside = `${stores.file}.aside`;
    renameSync(stores.file, aside);
    writeFileSync(stores.file, 'something else');
    expect(await stores.submit('r2')).toMatchObject({ ok: false, code: 'file_gone', retryable: true });
    expect(readFileSync(stores.file, 'utf8')).toBe('something else');
    renameSync(aside, stores.file);
    await stores.insist('r2');
    expect(await stores.queued()).toBe(2);
  });

  test('with its folder is refused until the folder is back', async () => {
    const stores = await open();
    await stores.insist('r1');
    const folder = path.dirname(stores.file);
    renameSync(folder, `${folder}.away`);
    expect(await stores.submit('r2')).toMatchObject({ ok: false, code: 'file_gone' });
    renameSync(`${folder}.away`, folder);
    await stores.insist('r2');
    expect(await stores.queued()).toBe(2);
  });
});

test('a file that cannot be opened again is weather: verbs are refused, and the tree stays up until it can', async () => {
  const stores = await open();
  await stores.insist('r1');
  const folder = path.dirname(stores.file);
  const restarts: string[] = [];
  stores.system.trace((event) => {
    if (event.type === 'crashed') restarts.push(event.path);
  });
  renameSync(folder, `${folder}.away`);
  await stores.workers.get('core writer')?.terminate();
  await until(async () => {
    const answer = await stores.submit('r2');
    return !answer.ok && answer.code === 'cannot_open' ? answer : undefined;
  });
  // Longer than the supervisor would bear with a restart for each try.
  await pause(2_500);
  expect(await stores.submit('r2')).toMatchObject({ code: 'cannot_open', retryable: true });
  expect(stores.system.tree().status).toBe('running');
  renameSync(`${folder}.away`, folder);
  await stores.insist('r2');
  expect(await stores.queued()).toBe(2);
  expect(restarts.filter((of) => of.endsWith('/core')).length).toBeLessThan(3);
}, 40_000);

describe('the mark of acknowledged commits', () => {
  /** The files as a power cut or a faulty disk might leave them: copied while they are in use. */
  function copyOf(stores: Stores): string {
    const file = path.join(newFolder(folders), 'core.db');
    for (const name of ['', '-wal', '.acked']) copyFileSync(`${stores.file}${name}`, `${file}${name}`);
    return file;
  }

  async function marked(): Promise<Stores> {
    const stores = await open();
    for (let n = 0; n < 20; n += 1) await stores.insist(`r${n}`);
    const thread = (): number => stores.writer?.stats().thread?.seq ?? 0;
    await until(() => (readMark(stores.file) === thread() && thread() > 20 ? true : undefined));
    return stores;
  }

  test('is behind no commit once it has been looked after, and a sound log is no loss', async () => {
    const stores = await open(copyOf(await marked()));
    expect(stores.losses).toEqual([]);
    expect(await stores.queued()).toBe(20);
  });

  test('tells of a log that lost its end, which SQLite itself says nothing of', async () => {
    const file = copyOf(await marked());
    const log = readFileSync(`${file}-wal`);
    log.writeUInt8(log.readUInt8(log.length >> 1) ^ 0xff, log.length >> 1);
    writeFileSync(`${file}-wal`, log);
    const stores = await Stores.open(file);
    running.push(stores);
    expect(stores.losses).toHaveLength(1);
    expect(stores.losses[0]?.[0]).toBe('core.db');
    const lost = stores.losses[0]?.[1] ?? 0;
    expect(lost).toBeGreaterThan(0);
    // Whoever asks again is accepted: nothing stands in the way of what is gone.
    await stores.import();
    await stores.insist(...Array.from({ length: 20 }, (_, n) => `r${n}`));
    expect(await stores.queued()).toBe(20);
  });

  test('tells of a file that is missing at the start, where a new one would look like a beginning', async () => {
    const file = copyOf(await marked());
    rmSync(file);
    rmSync(`${file}-wal`);
    const stores = await open(file);
    expect(stores.losses[0]?.[1]).toBeGreaterThan(20);
  });

  test('that cannot be read claims nothing', async () => {
    const file = copyOf(await marked());
    writeFileSync(markFileOf(file), 'not a number');
    const stores = await open(file);
    expect(stores.losses).toEqual([]);
  });
});
