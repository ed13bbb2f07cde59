import { statSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { openReadOnlyDatabase } from '../../storage/database.js';
import { insertBoot } from '../../storage/tables/boots.js';
import { TextNumbers } from '../../storage/writer/calls.js';
import { groupDefaults, WriterSession } from '../../storage/writer/session.js';
import { Store } from './core-store.js';
import { temporaryFile } from './temporary.js';

test('a reader that stays keeps the WAL long, which is shown; once it has gone the WAL is cut', () => {
  const file = temporaryFile();
  const store = new Store('core', file);
  const walBytesMax = 100_000;
  const told: (number | null)[] = [];
  const session = new WriterSession({
    ...groupDefaults,
    connection: store.connection,
    file,
    walBytesMax,
    onWal: (bytesOver) => told.push(bytesOver),
    patience: { waitMs: () => undefined, busyMsMax: 0 },
  });
  const texts = new TextNumbers();
  let written = 0;
  const write = (groups: number): void => {
    for (let group = 0; group < groups; group += 1) {
      const id = (written += 1);
      const boot = insertBoot({ boot_id: `${id} ${'x'.repeat(4_000)}`, started_wall_ms: 1, pid: 1 });
      const answers = session.step([{ id, bytes: 1, body: texts.encode({ statements: [boot] }) }]);
      expect(answers).toMatchObject([{ id, ok: true }]);
    }
  };
  const reader = openReadOnlyDatabase(file).connection;
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM boots').get();
  write(100);
  expect(session.stats().walBytes).toBeGreaterThan(walBytesMax);
  expect(session.stats().walStuck).toBeGreaterThan(1);
  expect(told).toEqual([expect.any(Number)]);
  reader.exec('COMMIT');
  reader.close();
  write(33);
  expect(statSync(`${file}-wal`).size).toBeLessThan(walBytesMax * 6);
  expect(session.stats().walBytes).toBeLessThanOrEqual(walBytesMax);
  expect(told).toEqual([expect.any(Number), null]);
  session.close();
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
});
