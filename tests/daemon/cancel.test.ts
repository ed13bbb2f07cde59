/** `holdfast cancel`: a request that waits is ended, its job goes on without it, and what has ended stays as it ended. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Summary } from '../../protocols/summary.js';
import type { Running } from '../run/program.js';
import { daemonPlace, until } from './place.js';
import type { DaemonPlace } from './place.js';

jest.setTimeout(60_000);

let place: DaemonPlace;
let running: Running;

beforeAll(async () => {
  place = daemonPlace();
  place.configure({});
  running = place.start();
  await running.said(/page: http/);
});
afterAll(async () => {
  running.child.kill('SIGKILL');
  await running.ended;
  place.remove();
});

const rows = (sql: string): unknown[] => {
  const file = new Database(place.db, { readonly: true });
  try {
    return file.prepare(sql).pluck().all();
  } finally {
    file.close();
  }
};

test('a request that waits is ended by hand, once, and its job ends without it', async () => {
  await place.command('dispatch', 'pause');
  const submitted = place.command('submit', '--strategies', place.strategies, '--wait', '--json');
  const queued = `SELECT request_id FROM requests WHERE state = 'queued' ORDER BY seq`;
  await until('something waits', () => rows(queued).length > 10);
  const [first, second] = rows(queued) as string[];
  const cancelled = await place.command('cancel', first ?? '', second ?? '', '--reason', 'by mistake');
  expect(cancelled).toMatchObject({ code: 0, stdout: `${first}: cancelled\n${second}: cancelled\n` });
  expect((await place.command('cancel', first ?? '')).stdout).toBe(
    `${first}: had ended already (cancelled)\n`,
  );
  expect((await place.command('status', '--trace', first ?? '')).stdout).toMatch(/cancelled/);
  await place.command('dispatch', 'resume');
  const { code, stdout } = await submitted;
  expect(code).toBe(0);
  const summary = JSON.parse(stdout) as Summary;
  expect(summary.failures).toMatchObject({ cancelled: 2 });
  expect(rows(`SELECT failure_message FROM requests WHERE state = 'cancelled'`)).toEqual([
    'by mistake',
    'by mistake',
  ]);
  expect(rows(`SELECT count(*) FROM attempts WHERE request_id IN ('${first}', '${second}')`)).toEqual([0]);
});

test('a request that is not there is told apart, with a code of its own', async () => {
  const ended = await place.command('cancel', 'nobody');
  expect(ended).toMatchObject({ code: 66, stdout: 'nobody: no such request\n' });
  const open = await fetch(`${place.runFile().url}/api/requests/cancel`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"requestIds":["x"]}',
  });
  expect(open.status).toBe(401);
  expect(await place.post('/api/requests/cancel', { requestIds: [] })).toMatchObject({ status: 400 });
});
