/** The pace of a live process: `holdfast dispatch` and `/api/dispatch`, and what is noted of changes by hand. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DispatchStatus } from '../../protocols/backtest-dispatch.js';
import type { Running } from '../run/program.js';
import { daemonPlace, until } from './place.js';
import type { DaemonPlace } from './place.js';

jest.setTimeout(60_000);

let place: DaemonPlace;
let running: Running;

async function up(): Promise<void> {
  running = place.start();
  await running.said(/page: http/);
}

async function down(): Promise<void> {
  running.child.kill('SIGTERM');
  await running.ended;
}

beforeAll(async () => {
  place = daemonPlace();
  place.configure({ dispatch: { ratePerS: 7 } });
  await up();
});
afterAll(async () => {
  running.child.kill('SIGKILL');
  await running.ended;
  place.remove();
});

const dispatch = (...args: readonly string[]) => place.command('dispatch', ...args);
const status = async () => JSON.parse((await dispatch('--json')).stdout) as DispatchStatus;

/** How often something was changed by hand, by verb, as the metrics say. */
async function byHand(): Promise<Record<string, number>> {
  const text = await (await fetch(`${place.runFile().url}/metrics`)).text();
  const found = text.matchAll(/^holdfast_manual_interventions_total\{verb="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, verb = '', times]) => [verb, Number(times)]));
}

const noted = () =>
  readFileSync(`${place.db}.log.jsonl`, 'utf8')
    .split('\n')
    .filter((line) => line.includes('manual.intervention'))
    .map((line) => JSON.parse(line) as { verb: string; user: string; args: string; outcome: string });

describe('holdfast dispatch', () => {
  test('shows what is out and by which settings', async () => {
    const { code, stdout } = await dispatch();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^(dispatching|waiting for backend)\nout +0 of \d+ places[^]*ratePerS +7 +attempts a second/,
    );
  });

  test('pauses and resumes, and a pause stays over a restart', async () => {
    expect((await dispatch('pause')).stdout).toMatch(/^paused\n/);
    expect((await status()).settings.paused).toBe(true);
    await down();
    await up();
    expect(await status()).toMatchObject({ phase: 'paused', settings: { paused: true, ratePerS: 7 } });
    expect((await dispatch('resume')).code).toBe(0);
    expect((await status()).settings.paused).toBe(false);
  });

  test('sets several at once, all or none', async () => {
    expect((await dispatch('set', 'ratePerS=2.5', 'batchMax=5')).code).toBe(0);
    expect((await status()).settings).toMatchObject({ ratePerS: 2.5, batchMax: 5, paused: false });
    const wrong = await dispatch('set', 'ratePerS=9', 'batchMax=0');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/not changed: batchMax: .*>=1/)]);
    expect((await status()).settings).toMatchObject({ ratePerS: 2.5, batchMax: 5 });
  });

  test.each([
    [['set'], /expected key=value/],
    [['set', 'speed=1'], /not changed: .*"speed"/],
    [['set', 'paused=7'], /not changed: paused: .*expected boolean/],
    [['set', 'ratePerS=fast'], /expected key=value with a number, true or false, found "ratePerS=fast"/],
    [['stop'], /expected show, pause, resume, set, found "stop"/],
    [['pause', 'now'], /expected nothing more, found "now"/],
  ])('refuses %j as usage, in words', async (args, words) => {
    const { code, stderr } = await dispatch(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });
});

describe('/api/dispatch', () => {
  test('is looked at without the token and changed only with it', async () => {
    expect(await place.get('/api/dispatch')).toMatchObject({
      status: 200,
      body: { settings: { batchMax: 5 } },
    });
    const before = await byHand();
    const refused = await fetch(`${place.runFile().url}/api/dispatch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"paused":true}',
    });
    expect(refused.status).toBe(401);
    expect((await status()).settings.paused).toBe(false);
    expect(await byHand()).toEqual(before);
  });

  test.each([
    [{}],
    [[]],
    [null],
    ['paused'],
    [{ paused: 'yes' }],
    [{ paused: true, more: 1 }],
    [{ batchMax: 1.5 }],
  ])('refuses %j with 400', async (body) => {
    expect(await place.post('/api/dispatch', body as object)).toMatchObject({
      status: 400,
      body: { code: 'invalid' },
    });
    expect((await status()).settings).toMatchObject({ paused: false, batchMax: 5 });
  });
});

describe('what is changed by hand over HTTP', () => {
  test('is counted and logged like in the REPL, refusals too, a dry run not', async () => {
    const before = await byHand();
    await dispatch('set', 'intervalMs=11');
    await place.post('/api/dispatch', { batchMax: -1 });
    await place.post('/api/dead-letters/redrive', { letterIds: ['nobody'] });
    await place.post('/api/dead-letters/redrive', { filter: { reason: 'stopped' }, dryRun: true });
    await place.post('/api/reload', {});
    const of = (verb: string): number => before[verb] ?? 0;
    expect(await byHand()).toEqual({
      set: of('set') + 2,
      redrive: of('redrive') + 1,
      reload: of('reload') + 1,
    });
    await until('the log has them', () => noted().at(-1)?.verb === 'reload');
    const [set, refused, redrive] = noted().slice(-4);
    expect(set).toMatchObject({ verb: 'set', args: '{ intervalMs: 11 }', outcome: 'done' });
    expect(set?.user).toMatch(/^holdfast \(.+\) from 127\.0\.0\.1$/);
    expect(refused?.outcome).toMatch(/^400: .*batchMax/);
    expect(redrive).toMatchObject({ verb: 'redrive' });
  });

  test('needs a process', async () => {
    await down();
    const { code, stderr } = await dispatch('pause');
    expect([code, stderr]).toEqual([69, expect.stringMatching(/expected a process that serves/)]);
  });
});
