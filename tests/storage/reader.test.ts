import { afterEach, describe, expect, test } from '@jest/globals';
import { openReader, type Reader, type ReaderOptions } from '../../storage/reader/client.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import { QueryRunner } from '../../storage/reader/session.js';
import type { Statement } from '../../storage/statement.js';
import { insertBoot, selectBoots } from '../../storage/tables/boots.js';
import { Store } from './core-store.js';
import { built, temporaryFile } from './temporary.js';

const opened: Reader[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((reader) => reader.close()));
});

function filled(count: number): { readonly file: string; readonly store: Store } {
  const file = temporaryFile();
  const store = new Store('core', file);
  for (let number = 0; number < count; number += 1) {
    store.do(insertBoot({ boot_id: `b${number}`, started_wall_ms: number, pid: number }));
  }
  return { file, store };
}

async function open(file: string, limits: ReaderOptions['limits'] = {}): Promise<Reader> {
  const reader = await openReader({ file, kind: 'core', entry: built('reader/thread.js'), limits });
  opened.push(reader);
  return reader;
}

describe('a reader', () => {
  test('sees what is committed, also what came after it was opened', async () => {
    const { file, store } = filled(2);
    const reader = await open(file);
    expect(await reader.query(selectBoots({ limit: 1 }))).toEqual({
      ok: true,
      value: { rows: [{ boot_id: 'b1', started_wall_ms: 1, pid: 1 }], truncated: false },
    });
    store.do(insertBoot({ boot_id: 'b9', started_wall_ms: 9, pid: 9 }));
    expect(await reader.query(selectBoots({ limit: 1 }))).toMatchObject({
      value: { rows: [{ boot_id: 'b9' }] },
    });
  });

  test('gives no more rows than its bound, and says that there are more', async () => {
    const { file } = filled(5);
    const reader = await open(file, { rowsMax: 3 });
    const page = await reader.query(selectBoots({ limit: 100 }));
    expect(page).toMatchObject({ ok: true, value: { truncated: true } });
    expect(page.ok && page.value.rows).toHaveLength(3);
    expect(await reader.query(selectBoots({ limit: 3 }))).toMatchObject({ value: { truncated: false } });
  });

  test('cannot write: a statement that would is a bug', async () => {
    const { file, store } = filled(1);
    const reader = await open(file);
    await expect(reader.query(insertBoot({ boot_id: 'x', started_wall_ms: 1, pid: 1 }))).rejects.toThrow(
      'bug',
    );
    expect(store.count('boots')).toBe(1);
    expect(await reader.query(selectBoots({ limit: 1 }))).toMatchObject({ ok: true });
  });

  test('refuses when too many queries wait', async () => {
    const { file } = filled(1);
    const reader = await open(file, { queueMax: 1 });
    const [first, second] = [
      reader.query(selectBoots({ limit: 1 })),
      reader.query(selectBoots({ limit: 1 })),
    ];
    expect(await second).toMatchObject({ ok: false, error: { code: 'queue_full' } });
    expect(await first).toMatchObject({ ok: true });
  });

  test('needs a file that is there and has our schema', async () => {
    await expect(open(temporaryFile())).rejects.toMatchObject({ code: 'cannot_open' });
    const { file, store } = filled(0);
    store.connection.pragma('user_version = 99');
    await expect(open(file)).rejects.toMatchObject({ code: 'schema_newer' });
  });
});

test('a query that takes too long gives what it has and lets go of the file', () => {
  const { store } = filled(5);
  let nowMs = 0;
  const runner = new QueryRunner(store.connection, { rowsMax: 100, queryMsMax: 25 }, () => (nowMs += 10));
  const page = runner.query(selectBoots({ limit: 100 }));
  expect(page).toMatchObject({ ok: true, value: { truncated: true } });
  expect(page.ok && page.value.rows).toHaveLength(2);
  store.do(insertBoot({ boot_id: 'x', started_wall_ms: 1, pid: 1 }));
});

test('a command reads in its own process, and closes', () => {
  const { file } = filled(1);
  const store = openReadOnly(file, 'core', () => 0);
  const one: Statement<{ boot_id: string }> = { sql: 'SELECT boot_id FROM boots', params: [], mode: 'get' };
  expect(store.query(one)).toEqual({ ok: true, value: { rows: [{ boot_id: 'b0' }], truncated: false } });
  store.close();
  expect(() => store.query(one)).toThrow('not open');
});
