/** A stop in the middle of a delivery: what the channel took is not told again by the next process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Running } from '../run/program.js';
import { daemonPlace, until } from './place.js';
import type { DaemonPlace } from './place.js';

jest.setTimeout(60_000);

const posts: string[] = [];
let answerMs = 800;
/** Takes its time to answer. */
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part: Buffer) => (text += part.toString()));
  request.on('end', () => {
    posts.push(text);
    setTimeout(() => response.writeHead(204).end(), answerMs);
  });
});
let place: DaemonPlace;
let running: Running | undefined;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place = daemonPlace();
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhooks/1/x8f2kk`;
  place.configure({
    inputs: { candles: place.candles, strategies: [place.strategies] },
    notifier: { lanes: { research: { webhook } } },
  });
});
afterAll(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  place.remove();
  server.closeAllConnections();
  server.close();
});

test('a delivery that is under way at a stop is finished, and told once', async () => {
  running = place.start();
  await until('something is being told', () => posts.length > 0);
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
  const told = posts.length;
  answerMs = 0;
  running = place.start();
  await until('the rest is told', () => posts.length > told + 3);
  expect(posts.filter((text, place) => posts.indexOf(text) !== place)).toEqual([]);
});
