/** `holdfast lanes` and `/api/lanes`: a webhook that refuses, is looked at, is repaired, and is set going again. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { NotifierStanding } from '../../protocols/notifier.js';
import { ok, WebhookServer } from '../notifier/webhook-server.js';
import type { Running } from '../run/program.js';
import { daemonPlace, until } from './place.js';
import type { DaemonPlace } from './place.js';

jest.setTimeout(60_000);

const secret = '/api/webhooks/1/kq83hsxv0tpwmz';
let server: WebhookServer;
let place: DaemonPlace;
let running: Running;
let isRepaired = false;

beforeAll(async () => {
  server = await WebhookServer.open();
  server.answerWith(() => (isRepaired ? ok : { status: 404 }));
  place = daemonPlace();
  place.configure({
    inputs: { candles: place.candles, strategies: [place.strategies] },
    notifier: { lanes: { research: { webhook: server.url(secret) } }, topics: { default: 'research' } },
  });
  running = place.start();
  await running.said(/page: http/);
});
afterAll(async () => {
  running.child.kill('SIGKILL');
  await running.ended;
  place.remove();
  await server.close();
});

const lanes = (...args: readonly string[]) => place.command('lanes', ...args);

async function research() {
  const { lanes: all } = JSON.parse((await lanes('--json')).stdout) as NotifierStanding;
  return all.find(({ lane }) => lane === 'research');
}

test('a lane that is stopped says so, with the last error and without its address', async () => {
  await until('the lane is stopped', async () => (await research())?.state === 'blocked');
  await until('something waits behind it', async () => ((await research())?.waiting ?? 0) > 0);
  const { code, stdout } = await lanes();
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^research +blocked +\d+ waiting +0 delivered today +http:\/\/127\.0\.0\.1:\d+\/<redacted>, for .* more, last: HTTP 404$/m,
  );
  expect(stdout).toMatch(/^console +/m);
  expect(stdout).not.toContain(secret);
});

test('one that is repaired goes on at once when it is told to, and the change is counted as made by hand', async () => {
  isRepaired = true;
  expect(await lanes('retry', 'research')).toMatchObject({ code: 0, stdout: 'research goes on\n' });
  await until('all is delivered', async () => {
    const lane = await research();
    return lane?.waiting === 0 && (lane.figures?.delivered ?? 0) > 0;
  });
  expect((await lanes('retry', 'research', '--json')).stdout).toContain('"wasStopped": false');
  const metrics = await (await fetch(`${place.runFile().url}/metrics`)).text();
  expect(metrics).toContain('holdfast_manual_interventions_total{verb="retry_lane"} 2');
});

test.each([
  [['retry'], 2, /expected the name of a lane, found nothing/],
  [['retry', 'nobody'], 66, /expected one of research, console, found "nobody"/],
  [['fly'], 2, /expected show, or retry with a lane, found "fly"/],
])('lanes %j ends with %i', async (args, code, said) => {
  const ended = await lanes(...args);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toMatch(said);
});

test('is refused without the token', async () => {
  const answer = await fetch(`${place.runFile().url}/api/lanes/retry`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"lane":"research"}',
  });
  expect(answer.status).toBe(401);
});
