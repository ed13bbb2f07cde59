/** A real process is killed in the middle of its deliveries, again and again; the next one goes on. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openCurrent } from '../../storage/reader/read-only.js';
import { ok, WebhookServer } from './webhook-server.js';

const program = path.resolve(__dirname, 'programs/deliver.mjs');
const token = 'SECRETtoken0123456789';
const count = 60;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

function start(file: string, server: WebhookServer, said: string[]): ChildProcess {
  const lanes = ['research', 'alarms'].map(
    (lane) => `${lane}=${server.url(`/api/webhooks/${lane}/${token}`)}`,
  );
  const child = spawn(process.execPath, [program, file, String(count), ...lanes], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  return child;
}

/** Resolves once so many posts have come; rejects when the process ends before. */
function posted(server: WebhookServer, wanted: number, child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = setInterval(() => {
      if (server.posts.length >= wanted) resolve();
      else if (child.exitCode !== null) reject(new Error(`ended with ${child.exitCode}`));
      else return;
      clearInterval(look);
    }, 2);
  });
}

test('killed in the middle of deliveries, everything arrives, each has one end in the rows, and no secret is left lying', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-notifier-'));
  open.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
  const server = await WebhookServer.open();
  open.push(server);
  const file = path.join(folder, 'core.db');
  const said: string[] = [];
  // Some answers never come, and some ask for patience, so that a kill meets every state of a delivery.
  server.answerWith((_post, before) =>
    before % 9 === 5
      ? { status: 429, headers: { 'retry-after': '0.05' } }
      : before % 7 === 3
        ? { status: 500 }
        : ok,
  );
  for (let life = 1; life <= 4; life++) {
    const child = start(file, server, said);
    const ended = once(child, 'exit');
    await posted(server, life * 12, child);
    child.kill('SIGKILL');
    await ended;
  }
  const last = start(file, server, said);
  open.push({ close: () => last.kill('SIGKILL') });
  const titles = (): Set<string> => new Set(server.posts.map(({ title }) => title));
  for (let tries = 0; titles().size < count && tries < 2_000; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const delivered = `SELECT count(*) AS n FROM outbox WHERE state = 'delivered'`;
  const ended = once(last, 'exit');
  const connection = openCurrent(file, 'core').connection;
  open.push({ close: () => connection.close() });
  const numberOf = (sql: string): unknown => connection.prepare(sql).pluck().get();
  for (let tries = 0; numberOf(delivered) !== count && tries < 2_000; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(numberOf(delivered)).toBe(count);
  expect(numberOf('SELECT count(*) FROM outbox')).toBe(count);
  expect(numberOf(`SELECT count(*) FROM notification_attempts WHERE outcome = 'delivered'`)).toBe(count);
  expect(numberOf('SELECT count(*) FROM notification_attempts WHERE ended_wall_ms IS NULL')).toBe(0);
  last.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  // What was on its way when its process died may have been sent twice: at most one for each lane and life.
  const taken =
    server.posts.length -
    server.posts.filter(({ title }, index, all) => all.findIndex((post) => post.title === title) === index)
      .length;
  const refused = Number(
    numberOf(`SELECT count(*) FROM notification_attempts WHERE outcome IN ('retry', 'rate_limited')`),
  );
  expect(taken - refused).toBeLessThanOrEqual(2 * 4);
  const lying = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .filter((entry) => readFileSync(path.join(entry.parentPath, entry.name)).includes(token));
  expect(lying.map(({ name }) => name)).toEqual([]);
  expect(said.join('')).not.toContain(token);
}, 120_000);
