/** What a session sees and changes, over a real socket. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type {
  Listed,
  LettersAnswer,
  MailboxAnswer,
  PlaceRow,
  RedriveAnswer,
  TopAnswer,
  TraceEnd,
  TraceEvent,
  WhyAlive,
} from '../../protocols/repl-answers.js';
import { openBench, worker } from './bench.js';
import type { Bench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench({ write: true });
});
afterEach(() => bench.close());

const settle = (): Promise<void> => bench.system.quiescent();

describe('looking', () => {
  test('tree tells parents first, each with its life, restarts and last error', async () => {
    bench.at('root/a').tell({ type: 'crash' });
    await settle();
    const client = await bench.client();
    const { rows, leftOut } = (await client.request('tree', {})) as Listed<PlaceRow>;
    expect(rows.map(({ path, life, restarts }) => [path, life, restarts])).toEqual([
      ['root', 1, 0],
      ['root/a', 2, 1],
      ['root/b', 1, 0],
    ]);
    expect(rows[1]?.lastError).toMatch(/asked to crash/);
    expect(leftOut).toBe(0);
    expect(await client.request('tree', { limit: 1 })).toMatchObject({ leftOut: 2 });
    expect(await client.request('tree', { depth: 0 })).toMatchObject({
      rows: [{ path: 'root' }],
      leftOut: 0,
    });
  });

  test('mailbox tells types and ages of what waits, takes nothing out, and masks secrets', async () => {
    const ref = bench.at('root/a');
    bench.system.suspend(ref);
    ref.tell({ type: 'work', webhookUrl: 'https://discord.com/api/webhooks/1/abcdef', token: 'hunter2' });
    ref.tell({ type: 'work', text: 'see https://discord.com/api/webhooks/1/abcdef' });
    const client = await bench.client();
    const answer = (await client.request('mailbox', { path: 'root/a' })) as MailboxAnswer;
    expect(answer).toMatchObject({ depth: 2, leftOut: 0 });
    expect(answer.rows.map(({ type, control }) => [type, control])).toEqual([
      ['work', false],
      ['work', false],
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/abcdef|hunter2/);
    expect(await client.request('mailbox', { path: 'root/a', limit: 1 })).toMatchObject({ leftOut: 1 });
    expect(bench.system.inspect(ref)?.mailbox?.depth).toBe(2);
  });

  test('top sorts by depth, and has rates from its second call on', async () => {
    const client = await bench.client();
    bench.system.suspend(bench.at('root/b'));
    for (let sent = 0; sent < 5; sent++) bench.at('root/b').tell({ type: 'x' });
    const first = (await client.request('top', {})) as TopAnswer;
    expect(first.rows[0]).toMatchObject({ path: 'root/b', depth: 5, handledPerSecond: null });
    for (let sent = 0; sent < 7; sent++) bench.at('root/a').tell({ type: 'x' });
    await settle();
    const second = (await client.request('top', { by: 'handled' })) as TopAnswer;
    expect(second.rows[0]).toMatchObject({ path: 'root/a', handled: 7 });
    expect(second.rows[0]?.handledPerSecond).toBeCloseTo((7 * 1_000) / (second.sinceMs ?? NaN), 5);
  });

  test('between places that did nothing just now, top puts first who did most before', async () => {
    const client = await bench.client();
    for (let sent = 0; sent < 3; sent++) bench.at('root/b').tell({ type: 'x' });
    await settle();
    await client.request('top', { by: 'handled' });
    const quiet = (await client.request('top', { by: 'handled' })) as TopAnswer;
    expect(quiet.rows[0]).toMatchObject({ path: 'root/b', handled: 3, handledPerSecond: 0 });
  });

  test('trace streams what happens at a place and below it, and ends at its limit', async () => {
    const client = await bench.client();
    const events: TraceEvent[] = [];
    const tracing = client.request(
      'trace',
      { path: 'root/a', events: 3, seconds: 30 },
      { onEvent: (event) => events.push(event as TraceEvent) },
    );
    await client.request('settings', {});
    bench.at('root/b').tell({ type: 'crash' });
    bench.at('root/a').tell({ type: 'crash' });
    expect((await tracing) as TraceEnd).toEqual({ events: 3, missed: 0, ended: 'events' });
    expect(events.map(({ type, path }) => [type, path])).toEqual([
      ['crashed', 'root/a'],
      ['dead_letter', 'root/a'],
      ['exited', 'root/a'],
    ]);
  });

  test('a trace that is cancelled answers with what it has', async () => {
    const client = await bench.client();
    const controller = new AbortController();
    const tracing = client.request('trace', { seconds: 600 }, { signal: controller.signal });
    await client.request('settings', {});
    controller.abort();
    expect(await tracing).toEqual({ events: 0, missed: 0, ended: 'cancelled' });
  });

  test('whyAlive names who has not stopped yet, and since when it was asked to', async () => {
    const client = await bench.client();
    expect(await client.request('why_alive', {})).toMatchObject({ stopping: null, census: { processes: 3 } });
    bench.at('root/a').tell({ type: 'hang' });
    await client.request('settings', {});
    const stopped = bench.system.stop();
    const { stopping } = (await client.request('why_alive', {})) as WhyAlive;
    expect(stopping?.left.map(({ path }) => path)).toEqual(['root', 'root/a']);
    expect(stopping?.left[1]).toMatchObject({ status: 'unsettled', shutdown: 500 });
    expect(stopping?.left[1]?.askedForMs).toBeGreaterThanOrEqual(0);
    expect(await stopped).toMatchObject({ ok: false, orphans: ['root/a'] });
  });
});

describe('changing', () => {
  test('needs a session that asked for it, and a server that grants it', async () => {
    const looking = await bench.client();
    await expect(looking.request('kill', { path: 'root/a' })).rejects.toMatchObject({ code: 'read_only' });
    const readOnly = await openBench({ write: false });
    await expect(readOnly.client({ write: true })).rejects.toMatchObject({ code: 'read_only' });
    await readOnly.close();
    expect(bench.interventions).toEqual([]);
  });

  test('kill ends one life, the supervisor begins the next, and both what was done and who did it is kept', async () => {
    const client = await bench.client({ write: true, user: 'ann' });
    await client.request('kill', { path: 'root/a' });
    await settle();
    expect(bench.system.inspect(bench.at('root/a'))).toMatchObject({ incarnation: 2, status: 'running' });
    await expect(client.request('kill', { path: 'root' })).rejects.toMatchObject({ code: 'refused' });
    await expect(client.request('kill', { path: 'root/x' })).rejects.toThrow(/below root there is a, b/);
    expect(bench.interventions.map(({ user, verb, outcome }) => [user, verb, outcome.slice(0, 9)])).toEqual([
      ['ann', 'kill', 'killed ro'],
      ['ann', 'kill', 'refused: '],
      ['ann', 'kill', 'not_found'],
    ]);
    expect(await client.request('interventions', { limit: 1 })).toMatchObject([{ user: 'ann' }]);
  });

  test('suspend lets mail wait until resume', async () => {
    const client = await bench.client({ write: true });
    await client.request('suspend', { path: 'root/a' });
    bench.at('root/a').tell({ type: 'x' });
    await settle();
    expect(bench.system.inspect(bench.at('root/a'))).toMatchObject({ status: 'suspended', handled: 0 });
    await client.request('resume', { path: 'root/a' });
    await settle();
    expect(bench.system.inspect(bench.at('root/a'))).toMatchObject({ status: 'running', handled: 1 });
    await expect(client.request('suspend', { path: 'root' })).rejects.toMatchObject({ code: 'refused' });
  });

  test('set changes a setting, and says what it expected otherwise', async () => {
    const client = await bench.client({ write: true });
    await client.request('set', { key: 'kernel.slowTurnMs', value: 80 });
    expect(bench.system.slowTurnMs).toBe(80);
    await expect(client.request('set', { key: 'kernel.slowTurnMs', value: 'x' })).rejects.toThrow(
      /expected a number from 25 to 600000, found "x"/,
    );
    await expect(client.request('set', { key: 'nope', value: 1 })).rejects.toThrow(
      /there are kernel.slowTurnMs/,
    );
  });

  test('redrive shows first what it would do, then sends oldest first; a letter is gone once it is accepted', async () => {
    const ref = bench.at('root/a');
    bench.system.suspend(ref);
    bench.system.exit(bench.at('root/b'), { kind: 'kill' });
    await settle();
    for (let sent = 0; sent < 3; sent++) bench.at('root/b').tell({ type: 'crash', sent });
    await settle();
    const client = await bench.client({ write: true });
    const letters = (await client.request('dead_letters', { reason: 'crashed' })) as LettersAnswer;
    expect(letters.rows).toHaveLength(3);
    const dry = (await client.request('redrive', { reason: 'crashed', dryRun: true })) as RedriveAnswer;
    expect(dry).toMatchObject({ matched: 3, accepted: 0, dryRun: true });
    expect(bench.interventions).toEqual([]);
    bench.system.suspend(bench.at('root/b'));
    const done = (await client.request('redrive', { type: 'crash', rate: 100 })) as RedriveAnswer;
    expect(done).toMatchObject({ matched: 3, accepted: 3, left: 0 });
    expect(done.rows.map(({ id }) => id)).toEqual(letters.rows.map(({ id }) => id));
    expect(((await client.request('dead_letters', {})) as LettersAnswer).rows).toEqual([]);
    expect(bench.interventions).toMatchObject([{ verb: 'redrive', outcome: '3 of 3 accepted' }]);
  });

  test('redrive ends at a full mailbox, and says what it left', async () => {
    const small = await openBench({ write: true }, [worker('a', 1)]);
    const ref = small.at('root/a');
    for (let sent = 0; sent < 3; sent++) {
      ref.tell({ type: 'crash' });
      await small.system.quiescent();
    }
    small.system.suspend(ref);
    const client = await small.client({ write: true });
    const done = (await client.request('redrive', { rate: 100 })) as RedriveAnswer;
    expect(done).toMatchObject({ matched: 3, accepted: 1, refused: { full: 1 }, left: 1 });
    await small.close();
  });
});
