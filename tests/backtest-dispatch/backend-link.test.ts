/** The link's queue before the socket: bounded, one send at a time, nothing forgotten. */
import { RecentTimes } from '../../actors/backtest-dispatch/recent-times.js';
import { expect, test } from '@jest/globals';
import { defaults, handle } from '../../actors/backtest-dispatch/backend-link.js';
import { recording, timersSet } from '../../runtime/testing/index.js';

type State = Parameters<typeof handle>[0];
type Msg = Parameters<typeof handle>[1];

const socket = { send: () => new Promise<never>(() => undefined), close: () => Promise.resolve() };

function begin(limits: Partial<Record<keyof typeof defaults, number>> = {}) {
  const turn = recording<Msg>();
  const args = { ...defaults, ...limits, sockets: { openRequests: () => Promise.resolve(socket) } };
  let state: State = {
    args,
    up: null,
    socket: null,
    queue: [],
    queuedBytes: 0,
    busy: false,
    fullInARow: 0,
    sent: 0,
    sentBytes: 0,
    full: 0,
    sendingSinceMs: 0,
    sendTimes: new RecentTimes(),
  };
  const tell = (message: Msg) => {
    state = handle(state, message, turn.ctx);
    return turn.take();
  };
  return {
    tell,
    state: () => state,
    up(session: string) {
      tell({ type: 'backend_up', backend: 'b', session, requestsEndpoint: 'e', workers: 1 });
      return tell({ type: 'opened', session, settled: { ok: true, value: socket } });
    },
    send: (attemptId: string, frame = 'frame') => tell({ type: 'send', attemptId, frame }),
    pushed: (value: 'sent' | 'full', session = 'a') =>
      tell({ type: 'pushed', session, settled: { ok: true, value } }),
  };
}

const notSent = (attemptId: string, reason: string) => ({
  verb: 'tell',
  to: 'backtest-dispatch/dispatcher',
  message: { type: 'not_sent', attemptId, reason },
});

test('the dispatcher hears of a backend once the socket to it is open', () => {
  const one = begin();
  expect(one.up('a')).toMatchObject([{ message: { type: 'backend_up', session: 'a' } }]);
  expect(one.tell({ type: 'who_is_up' })).toMatchObject([{ message: { type: 'backend_up', session: 'a' } }]);
});

test('frames go one at a time, in order, and each is reported when it has left', () => {
  const one = begin();
  one.up('a');
  expect(one.send('1')).toEqual([{ verb: 'pipe' }]);
  expect(one.send('2')).toEqual([]);
  expect(one.pushed('sent')).toMatchObject([
    { message: { type: 'sent', attemptIds: ['1'] } },
    { verb: 'pipe' },
  ]);
});

test('a full socket keeps the frame and is tried again later and later', () => {
  const one = begin();
  one.up('a');
  one.send('1');
  const delays = [1, 2, 3, 4, 5, 6, 7].map(() => {
    const [timer] = timersSet(one.pushed('full'));
    expect(one.tell({ type: 'try_again' })).toEqual([{ verb: 'pipe' }]);
    return timer?.delayMs;
  });
  expect(delays).toEqual([10, 20, 40, 80, 160, 320, 500]);
  expect(one.state().queue).toHaveLength(1);
});

test('what has no room, no backend or no measure goes back with its reason', () => {
  const one = begin({ queueMax: 2, frameBytesMax: 100 });
  expect(one.send('0')).toEqual([notSent('0', 'no_backend')]);
  one.up('a');
  one.send('1');
  one.send('2');
  expect(one.send('3')).toEqual([notSent('3', 'link_full')]);
  expect(one.send('4', 'x'.repeat(101))).toEqual([notSent('4', 'too_large')]);
});

test('the bytes are bounded, but one frame always finds room', () => {
  const one = begin({ queueBytesMax: 10 });
  one.up('a');
  expect(one.send('1', 'x'.repeat(50))).toEqual([{ verb: 'pipe' }]);
  expect(one.send('2', 'x')).toEqual([notSent('2', 'link_full')]);
});

test('what waits for a dead backend goes with it, and its socket says no more', () => {
  const one = begin();
  one.up('a');
  one.send('1');
  expect(
    one.tell({ type: 'backend_down', backend: 'b', session: 'a', reason: 'x', crash: true }),
  ).toMatchObject([{ message: { type: 'backend_down', session: 'a' } }, { verb: 'cancel_timer' }]);
  expect(one.state().queue).toEqual([]);
  expect(one.pushed('sent')).toEqual([]);
  one.up('b');
  expect(one.pushed('sent', 'a')).toEqual([]);
});

test('the times of the newest sends are known by percentiles, and of none nothing is', () => {
  const times = new RecentTimes(4);
  expect(times.percentiles).toBeNull();
  for (const ms of [900, 1, 2, 3, 40]) times.note(ms);
  expect(times.percentiles).toEqual({ p50: 2, p99: 40, max: 40 });
});
