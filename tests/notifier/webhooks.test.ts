/** Real HTTP against a real server that misbehaves: nothing is lost, and no lane suffers from another one. */
import { inspect } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { names } from '../../protocols/notifier.js';
import { names as db } from '../../protocols/db-writes.js';
import type { NewNotification } from '../../protocols/db-notifier.js';
import { nactHost, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { logKernel } from '../../runtime/node/kernel-log.js';
import { httpWebhook } from '../../runtime/node/webhook-http.js';
import { notifier } from '../../supervisors/notifier.js';
import type { NotifierOptions } from '../../supervisors/notifier.js';
import { notice } from './notices.js';
import { PlayedStores } from './stores.js';
import { ok, WebhookServer } from './webhook-server.js';
import type { Answer } from './webhook-server.js';

const token = 'SECRETtoken0123456789abcdefSECRET';
const pathOf = (lane: string): string => `/api/webhooks/1234/${lane}-${token}`;

interface Rig {
  readonly system: System;
  readonly stores: PlayedStores;
  readonly server: WebhookServer;
  readonly printed: string[];
  /** What the kernel's log says. */
  readonly said: string[];
  create(...notifications: NewNotification[]): Promise<void>;
  until(what: string, holds: () => boolean): Promise<void>;
  standing(): Promise<unknown>;
}

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

let rigs = 0;

async function rig(
  lanes: readonly string[],
  options: Partial<NotifierOptions> = {},
  timeoutMs = 400,
): Promise<Rig> {
  const server = await WebhookServer.open();
  open.push(server);
  const stores = new PlayedStores();
  const printed: string[] = [];
  const said: string[] = [];
  let ids = 0;
  const tree = stores.tree(
    notifier({
      bootId: 'boot',
      newId: () => `attempt-${++ids}`,
      webhooks: Object.fromEntries(
        lanes.map((lane) => [lane, httpWebhook(server.url(pathOf(lane)), { timeoutMs })]),
      ),
      topics: Object.fromEntries([
        ['ranks', lanes[0]],
        ['data', lanes[1] ?? lanes[0]],
        ['alerts', lanes[0]],
      ]),
      console: { write: (line) => void printed.push(line) },
      ...options,
      settings: { lookMs: 20, figuresMs: 50, retryMsMin: 10, retryMsMax: 40, ...options.settings },
    }),
  );
  const system = await System.start(tree, {
    host: nactHost(`webhooks-${++rigs}`, nodeCapabilities),
    subscribers: [logKernel((line) => void said.push(line))],
  });
  open.push({ close: () => system.stop() });
  return {
    ...{ system, stores, server, printed, said },
    async create(...notifications) {
      const nowMs = Date.now();
      const fresh = notifications.map((notification) => ({
        ...notification,
        sourceWallMs: nowMs,
        createdWallMs: nowMs,
        expiresWallMs: nowMs + 60_000,
      }));
      const message = { type: 'create_notifications', notifications: fresh } as const;
      const created = await system.ask(db.core, message, { deadlineMs: 5_000 });
      expect(created.ok).toBe(true);
      system.whereis(names.desk)?.tell({ type: 'work_available' });
    },
    async until(what, holds) {
      const deadlineMs = performance.now() + 15_000;
      while (!holds()) {
        if (performance.now() > deadlineMs)
          throw new Error(`${what}: ${JSON.stringify(stores.states())} ${JSON.stringify(server.posts)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async standing() {
      const outcome = await system.ask(names.desk, { type: 'notifier_standing' }, { deadlineMs: 5_000 });
      if (!outcome.ok) throw new Error(outcome.reason.type);
      return outcome.value;
    },
  };
}

const ids = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_unused, index) => `${prefix}${index}`);

const allEnded = ({ stores }: Rig, state: string, wanted: readonly string[]): boolean => {
  const states = stores.states();
  return wanted.every((id) => states[id] === state);
};

test('what a webhook takes is delivered once, in order, with the time of its data', async () => {
  const it = await rig(['research']);
  const all = ids(20, 'n');
  await it.create(...all.map((id) => notice(id)));
  await it.until('all are delivered', () => allEnded(it, 'delivered', all));
  expect(it.server.posts.map(({ title }) => title)).toEqual(all.map((id) => `title of ${id}`));
  expect(it.server.posts[0]?.payload).toMatchObject({
    embeds: [
      { description: 'body of n0', footer: { text: expect.stringMatching(/^ranks · data of 20.* UTC$/) } },
    ],
    allowed_mentions: { parse: [] },
  });
  expect(it.stores.rows('SELECT count(*) AS attempts FROM notification_attempts')).toEqual([
    { attempts: 20 },
  ]);
});

/** Refuses the first few of each kind, each in another way that the world knows. */
const limited: readonly Answer[] = [
  {
    status: 429,
    headers: { 'content-type': 'application/json' },
    body: '{"message":"slow","retry_after":0.05,"global":false}',
  },
  { status: 429, headers: { 'retry-after': '0' } },
  {
    status: 429,
    headers: { 'x-ratelimit-reset-after': '0.05', 'retry-after': '64' },
    body: '<html>busy</html>',
  },
];

test('429 in any form delays and costs no attempt, and the other lane does not notice', async () => {
  const it = await rig(['slow', 'fast'], { settings: { attemptsMax: 1 } });
  it.server.answerWith(({ path }, count) => (path === pathOf('slow') ? (limited[count] ?? ok) : ok));
  const slow = ids(3, 's');
  const fast = ids(30, 'f');
  await it.create(...slow.map((id) => notice(id)), ...fast.map((id) => notice(id, { topic: 'data' })));
  await it.until('all are delivered', () => allEnded(it, 'delivered', [...slow, ...fast]));
  const slowFirst = it.server.at(pathOf('slow'))[3]?.atMs ?? 0;
  expect(it.server.at(pathOf('fast')).every(({ atMs }) => atMs < slowFirst)).toBe(true);
  expect(it.stores.rows(`SELECT attempts_used, count(*) AS c FROM outbox GROUP BY 1`)).toEqual([
    { attempts_used: 1, c: 33 },
  ]);
  expect(it.server.at(pathOf('slow'))).toHaveLength(6);
});

test('a lane that hangs, breaks off or fails keeps nobody else waiting, and gets its own through', async () => {
  const it = await rig(['ill', 'well'], {}, 300);
  const ways: readonly Answer[] = ['hang', 'cut', { status: 500 }, { status: 503, body: '<html>' }];
  it.server.answerWith(({ path }, count) => (path === pathOf('ill') ? (ways[count] ?? ok) : ok));
  const well = ids(20, 'w');
  await it.create(notice('i0'), notice('i1'), ...well.map((id) => notice(id, { topic: 'data' })));
  await it.until('the well lane is done', () => allEnded(it, 'delivered', well));
  expect(it.stores.states()['i0']).toBe('pending');
  await it.until('the ill lane is done', () => allEnded(it, 'delivered', ['i0', 'i1']));
  const outcomes = it.stores.rows(
    `SELECT outcome, code FROM notification_attempts WHERE lane = 'ill' ORDER BY rowid`,
  );
  expect(outcomes.map(({ code }) => code)).toEqual([
    'timeout',
    'network',
    'http_500',
    'http_503',
    null,
    null,
  ]);
});

test('what fails again and again is a dead letter after its attempts, and what is behind it goes on', async () => {
  const it = await rig(['research'], { settings: { attemptsMax: 3 } });
  it.server.answerWith(({ title }) => (title === 'title of bad' ? { status: 502 } : ok));
  await it.create(notice('bad'), notice('good'));
  await it.until('both have ended', () => allEnded(it, 'delivered', ['good']));
  expect(it.stores.states()['bad']).toBe('dead_lettered');
  expect(it.server.posts.map(({ title }) => title.slice(9))).toEqual(['bad', 'bad', 'bad', 'good']);
  expect(it.stores.letters).toMatchObject([
    { reason: 'undeliverable', messageType: 'notification', attempts: 3 },
  ]);
});

test.each([400, 405, 413, 418])(
  '%i is about the notification: a dead letter at once, and the lane goes on',
  async (status) => {
    const it = await rig(['research']);
    it.server.answerWith(({ title }) => (title === 'title of bad' ? { status, body: '{"code":50035}' } : ok));
    await it.create(notice('bad'), notice('good'));
    await it.until('the good one is through', () => allEnded(it, 'delivered', ['good']));
    expect(it.stores.states()['bad']).toBe('dead_lettered');
    expect(it.server.posts).toHaveLength(2);
  },
);

test.each([401, 403, 404, 308])(
  '%i stops the lane: one dead letter, one alarm on the other lane',
  async (status) => {
    const it = await rig(['gone', 'alarms'], { alternate: 'alarms' });
    let repaired = false;
    it.server.answerWith(({ path }) =>
      path === pathOf('gone') && !repaired
        ? { status, headers: { location: it.server.url('/elsewhere') } }
        : ok,
    );
    await it.create(notice('a'), notice('b'), notice('c'));
    await it.until('the alarm has arrived', () => it.server.at(pathOf('alarms')).length === 1);
    expect(it.server.at(pathOf('alarms'))[0]?.title).toBe('Notifier lane gone is stopped');
    await it.until('the first is a letter', () => it.stores.letters.length === 1);
    expect(it.stores.states()).toMatchObject({ a: 'dead_lettered', b: 'pending', c: 'pending' });
    expect(it.server.at(pathOf('gone'))).toHaveLength(1);
    expect(it.server.at('/elsewhere')).toEqual([]);
    expect(await it.standing()).toMatchObject({
      lanes: [
        { lane: 'gone', state: 'blocked', lastError: { httpStatus: status } },
        { lane: 'alarms' },
        { lane: 'console' },
      ],
    });
    // The operator has repaired it.
    repaired = true;
    const retry = { type: 'retry_lane', lane: 'gone' } as const;
    expect(await it.system.ask(names.desk, retry, { deadlineMs: 5_000 })).toMatchObject({
      value: { value: true },
    });
    await it.until('the rest is delivered', () => allEnded(it, 'delivered', ['b', 'c']));
    // And wants the letter delivered after all.
    const { notificationId } = JSON.parse(it.stores.letters[0]?.payloadJson ?? '') as {
      notificationId: string;
    };
    const redrive = { type: 'redrive_notification', notificationId, wallMs: Date.now() } as const;
    expect(await it.system.ask(db.core, redrive, { deadlineMs: 5_000 })).toMatchObject({
      value: { ok: true },
    });
    await it.until('the letter is delivered', () => allEnded(it, 'delivered', ['a']));
  },
);

test('a stopped lane is tried again by itself, with no second alarm meanwhile', async () => {
  const it = await rig(['gone', 'alarms'], { alternate: 'alarms', settings: { blockedMs: 150 } });
  it.server.answerWith(({ path }, count) => (path === pathOf('gone') && count < 2 ? { status: 404 } : ok));
  await it.create(notice('a'), notice('b'), notice('c'));
  await it.until('the rest is delivered', () => allEnded(it, 'delivered', ['c']));
  expect(it.stores.states()).toMatchObject({ a: 'dead_lettered', b: 'dead_lettered' });
  expect(it.server.at(pathOf('alarms'))).toHaveLength(1);
});

test('without another lane the alarm is printed; without any lane everything is', async () => {
  const it = await rig(['gone']);
  it.server.answerWith(() => ({ status: 401 }));
  await it.create(notice('a'));
  await it.until('it is printed', () => it.printed.length === 1);
  expect(it.printed[0]).toMatch(/^WARN alerts: Notifier lane gone is stopped - /);
  const bare = await rig([], { topics: {} });
  await bare.create(notice('x'), notice('y', { severity: 'page', title: 'up\u001b[2J\nand down' }));
  await bare.until('both are delivered', () => allEnded(bare, 'delivered', ['x', 'y']));
  expect(bare.printed).toEqual(['ranks: title of x - body of x', 'PAGE ranks: up [2J and down - body of y']);
});

test('a global limit pauses every lane of the host', async () => {
  const it = await rig(['first', 'second']);
  const body = '{"message":"all of you","retry_after":1.0,"global":true}';
  it.server.answerWith(({ path }, count) =>
    path === pathOf('first') && count === 0 ? { status: 429, body } : ok,
  );
  await it.create(notice('a'));
  await it.until('it was refused', () => it.server.posts.length === 1);
  await it.until(
    'the other lane is paused',
    () => it.stores.rows(`SELECT 1 FROM notification_attempts WHERE outcome = 'rate_limited'`).length === 1,
  );
  await it.create(notice('b', { topic: 'data' }));
  await it.until('both are delivered', () => allEnded(it, 'delivered', ['a', 'b']));
  const [refused, ...later] = it.server.posts;
  for (const { atMs } of later) expect(atMs - (refused?.atMs ?? 0)).toBeGreaterThan(950);
});

test('a budget that is used up is waited for before anybody refuses', async () => {
  const it = await rig(['research']);
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.2' };
  it.server.answerWith((_post, count) => (count === 0 ? { status: 204, headers } : ok));
  await it.create(notice('a'), notice('b'));
  await it.until('both are delivered', () => allEnded(it, 'delivered', ['a', 'b']));
  const [first, second] = it.server.posts;
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(190);
});

test('the secret of a webhook is in nothing that is stored, said, shown or printed', async () => {
  const it = await rig(['gone', 'broken']);
  const echo = (path: string): string =>
    JSON.stringify({ message: `Cannot POST ${path} ${encodeURIComponent(path)}`, code: 7, path });
  it.server.answerWith(({ path }, count) =>
    path === pathOf('gone')
      ? { status: 404, body: echo(path) }
      : count === 0
        ? 'cut'
        : { status: 400, body: echo(path) },
  );
  await it.create(notice('a'), notice('b', { topic: 'data' }));
  await it.until('both are letters', () => it.stores.letters.length === 2);
  await it.until('it is printed', () => it.printed.length > 0);
  const tables = ['outbox', 'notification_attempts', 'notifier_lanes'];
  const written = JSON.stringify([
    tables.map((table) => it.stores.rows(`SELECT * FROM ${table}`)),
    it.stores.letters,
    it.printed,
    await it.standing(),
    it.system.inspect(it.system.root),
    it.said,
    inspect(httpWebhook(it.server.url(pathOf('gone'))), { depth: 12, showHidden: true }),
  ]);
  expect(written).toContain('127.0.0.1');
  expect(written).not.toMatch(/SECRET/i);
  expect(written).not.toContain('1234/');
  expect(written).toContain('Cannot POST <redacted>');
});
