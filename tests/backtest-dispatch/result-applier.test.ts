/** What the applier asks for and when, turn by turn. */
import { describe, expect, test } from '@jest/globals';
import { guessAttemptId } from '../../actors/backtest-dispatch/answers.js';
import { defaults, handle, init } from '../../actors/backtest-dispatch/result-applier.js';
import { timersSet, turnsOf } from '../../runtime/testing/index.js';

type Msg = Parameters<typeof handle>[1];
const core = 'db-writes/core';
const trades = 'db-writes/trades';

function begin() {
  const turns = turnsOf({ init, handle }, defaults, { wallMs: 1_000_000 });
  const frame = (text = 'bytes'): Msg => ({
    type: 'frame',
    frameId: 'f',
    frame: Buffer.from(text),
    receivedWallMs: 1_000_000,
  });
  return {
    tell: (message: Msg) => turns.tell(message),
    frame,
    state: () => turns.state,
    from: (of: string, value: unknown) => turns.answer(of, { ok: true, value }),
    refusedBy: (of: string, code: string, retryable = true) =>
      turns.answer(of, { ok: false, code, message: `said ${code}`, retryable }),
  };
}

const failedAnswer = (code: string) => ({
  type: 'ingested',
  summary: { kind: 'failed', requestId: 'a1', strategyName: 's', code, message: 'no' },
  trades: null,
});

describe('an answer that says failed', () => {
  test.each([
    [0, 5_500],
    [1, 11_000],
    [2, 16_500],
    [7, 16_500],
  ])(
    'and may be tried again after %d attempts used is due in %d ms, half of the jitter added',
    (used, dueMs) => {
      const one = begin();
      one.tell(one.frame());
      expect(one.from(trades, failedAnswer('engine_died'))).toMatchObject([
        { to: core, message: { type: 'attempt_standing', attemptId: 'a1' } },
      ]);
      const standing = { requestId: 'r', requestState: 'leased', attemptsUsed: used, outcome: null };
      expect(one.from(core, standing)).toMatchObject([
        {
          to: core,
          message: { type: 'apply_failure', failure: { retryable: true, dueWallMs: 1_000_000 + dueMs } },
        },
      ]);
    },
  );

  test('for its data is not tried again, and nobody asks how often it was', () => {
    const one = begin();
    one.tell(one.frame());
    expect(one.from(trades, failedAnswer('too_few_bars'))).toMatchObject([
      { to: core, message: { type: 'apply_failure', failure: { retryable: false, taken: true } } },
    ]);
  });
});

test('a frame is let go only when its effect is committed', () => {
  const one = begin();
  one.tell(one.frame());
  one.from(trades, failedAnswer('too_few_bars'));
  expect(one.state().pending.size).toBe(1);
  const turn = one.from(core, { disposition: 'failed', requestId: 'r', attemptsUsed: 1 });
  expect(turn).toMatchObject([
    {
      to: 'backtest-dispatch/dispatcher',
      message: { type: 'settled', attemptId: 'a1', disposition: 'failed' },
    },
    { to: 'backtest-dispatch/result-receiver', message: { type: 'frame_done', frameId: 'f' } },
  ]);
  expect(one.state().pending.size).toBe(0);
});

test('weather is waited out with growing pauses, in every step, for ever', () => {
  const one = begin();
  one.tell(one.frame());
  const pauses = ['busy', 'disk_full', 'read_only', 'corrupt', 'no_answer', 'queue_full', 'busy', 'busy'].map(
    (code) => {
      const [timer] = timersSet(one.refusedBy(trades, code, false));
      expect(one.tell({ type: 'try_again', frameId: 'f' })).toMatchObject([
        { to: trades, message: { type: 'ingest_frame' } },
      ]);
      return timer?.delayMs;
    },
  );
  expect(pauses).toEqual([75, 150, 300, 600, 1_200, 2_400, 3_750, 3_750]);
});

test('an answer that a store cannot digest ends its attempt as failed, so that its place is free', () => {
  const one = begin();
  one.tell(one.frame('((type . "BACKTEST_RESULT") (result . ((request_id . "a7") (x . 1))))'));
  expect(one.refusedBy(trades, 'bug', false)).toMatchObject([
    { to: core, message: { type: 'attempt_standing', attemptId: 'a7' } },
  ]);
});

test('the id of an unreadable frame is found where senders put it, and not made up', () => {
  const frame = (text: string) => Buffer.from(text);
  expect(guessAttemptId(frame('((request_id . "a1") (((('))).toBe('a1');
  expect(guessAttemptId(frame('{"result":{"request_id":"a2","x":'))).toBe('a2');
  expect(guessAttemptId(frame(`((${'x'.repeat(10_000)}) (request_id "a3"`))).toBe('a3');
  expect(guessAttemptId(frame('(no id here)'))).toBeNull();
  expect(guessAttemptId(new Uint8Array())).toBeNull();
});
