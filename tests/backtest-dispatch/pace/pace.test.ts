/** The limits of the dispatch, each by itself: rate, latency, breaker, and the share of those who wait longest. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as breaker from '../../../actors/backtest-dispatch/pace/breaker.js';
import type { Breaker } from '../../../actors/backtest-dispatch/pace/breaker.js';
import { shareOf } from '../../../actors/backtest-dispatch/pace/fair-share.js';
import {
  defaults as limitDefaults,
  learned,
  limitOf,
  medianNow,
  startingLimit,
} from '../../../actors/backtest-dispatch/pace/latency-limit.js';
import type { LatencyLimit } from '../../../actors/backtest-dispatch/pace/latency-limit.js';
import {
  drawable,
  drawn,
  fullBucket,
  refilled,
  waitMs,
} from '../../../actors/backtest-dispatch/pace/token-bucket.js';

describe('the token bucket', () => {
  test('gives its rate to within a burst, however the draws are spread', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (perS, burst, waits) => {
          const rate = { perS, burst };
          let bucket = fullBucket(0, rate);
          let nowMs = 0;
          let given = 0;
          for (const wait of waits) {
            nowMs += wait;
            bucket = refilled(bucket, nowMs, rate);
            const count = drawable(bucket, rate);
            bucket = drawn(bucket, count, rate);
            given += count;
            expect(bucket.tokens).toBeGreaterThan(-1e-6);
          }
          expect(given).toBeLessThanOrEqual(burst + (perS * nowMs) / 1_000 + 1e-6);
        },
      ),
    );
  });

  test('loses nothing of a rate to draws of one at a time', () => {
    const rate = { perS: 140, burst: 2 };
    let bucket = fullBucket(0, rate);
    let given = 0;
    for (let nowMs = 0; nowMs <= 10_000;) {
      bucket = refilled(bucket, nowMs, rate);
      const count = drawable(bucket, rate);
      given += count;
      bucket = drawn(bucket, count, rate);
      nowMs += Math.max(1, waitMs(bucket, rate));
    }
    expect(given).toBeGreaterThanOrEqual(1_200);
    expect(given).toBeLessThanOrEqual(1_402);
  });

  test('says how long until the next one, and without a rate never waits', () => {
    const rate = { perS: 4, burst: 1 };
    expect(waitMs(drawn(fullBucket(0, rate), 1, rate), rate)).toBe(250);
    const free = { perS: 0, burst: 1 };
    expect(drawable(fullBucket(0, free), free)).toBe(Infinity);
    expect(waitMs(drawn(fullBucket(0, free), 9, free), free)).toBe(0);
  });
});

/** A backend with so many workers: whatever is out beyond them waits, so the latency grows with what is out. */
function settledLimit(
  workers: number,
  range: { floor: number; ceiling: number },
  answers: number,
  start: LatencyLimit = startingLimit(range),
  serviceMs = 10,
): LatencyLimit {
  let state = start;
  for (let answer = 0; answer < answers; answer += 1) {
    const inFlight = limitOf(state, range);
    const latencyMs =
      serviceMs * Math.max(1, inFlight / workers) * (0.8 + (0.4 * ((answer * 7919) % 13)) / 13);
    state = learned(state, latencyMs, inFlight, range);
  }
  return state;
}

describe('the limit that follows latency', () => {
  const range = { floor: 4, ceiling: 400 };

  test('settles where answers begin to wait: a few times what the backend works on at once', () => {
    for (const workers of [2, 8, 32]) {
      const limit = limitOf(settledLimit(workers, range, 1_400), range);
      const later = limitOf(settledLimit(workers, range, 51 * 31 * 50 + 1_400), range);
      expect(later).toBeLessThan(2 * limit);
      expect(limit).toBeGreaterThanOrEqual(workers);
      expect(limit).toBeLessThanOrEqual(6 * workers + 20);
    }
  });

  test('comes down when the backend becomes slow under load, and up again afterwards', () => {
    const healthy = settledLimit(16, range, 1_000);
    const slow = settledLimit(2, range, 400, healthy);
    expect(limitOf(slow, range)).toBeLessThan(limitOf(healthy, range) / 2);
    const well = settledLimit(16, range, 3 * 31 * 50 + 1_400, slow);
    expect(limitOf(well, range)).toBeGreaterThan(limitOf(healthy, range) * 0.6);
  });

  test('accepts a backend that has become slower for good', () => {
    const before = settledLimit(8, range, 10_000);
    const windows = limitDefaults.windowSize * (limitDefaults.windowsMax + 30);
    const after = settledLimit(8, range, windows, before, 100);
    expect(limitOf(after, range)).toBeGreaterThanOrEqual(8);
  });

  test('never leaves its range, whatever the latencies', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 300 }),
        (floor, ceiling, latencies) => {
          const bounds = { floor, ceiling };
          let state = startingLimit(bounds);
          for (const latency of latencies) {
            state = learned(state, latency, limitOf(state, bounds), bounds);
            expect(limitOf(state, bounds)).toBeGreaterThanOrEqual(Math.min(floor, ceiling));
            expect(limitOf(state, bounds)).toBeLessThanOrEqual(ceiling);
          }
        },
      ),
    );
  });

  test('does not grow on answers that came while little was out', () => {
    let state = startingLimit({ floor: 20, ceiling: 100 });
    for (let answer = 0; answer < 500; answer += 1)
      state = learned(state, 10, 1, { floor: 20, ceiling: 100 });
    expect(limitOf(state, { floor: 20, ceiling: 100 })).toBe(20);
    expect(medianNow(state)).toBe(10);
  });
});

describe('the breaker', () => {
  const failing = (times: number, state: Breaker = breaker.closed, nowMs = 0): Breaker =>
    Array.from({ length: times }).reduce<Breaker>((now) => breaker.failed(now, nowMs), state);

  test('opens after so many failures in a row, and not when one answer was good in between', () => {
    expect(failing(breaker.defaults.failuresMax - 1).phase).toBe('closed');
    expect(failing(breaker.defaults.failuresMax).phase).toBe('open');
    const interrupted = failing(4, (failing(4), breaker.succeeded()));
    expect(interrupted.phase).toBe('closed');
  });

  test('lets one try out after its time, and closes when that is good', () => {
    const open = failing(5);
    expect(breaker.allowed(open)).toBe(0);
    expect(breaker.timePassed(open, 4_999).phase).toBe('open');
    const half = breaker.timePassed(open, 5_000);
    expect(breaker.allowed(half)).toBe(1);
    expect(breaker.allowed(breaker.succeeded())).toBe(Infinity);
  });

  test('waits twice as long each time the try fails, up to a minute', () => {
    let state = failing(5);
    const waits: number[] = [];
    for (let nowMs = 0; waits.length < 7;) {
      if (state.phase !== 'open') throw new Error('expected it to be open');
      waits.push(state.untilMs - nowMs);
      nowMs = state.untilMs;
      state = breaker.failed(breaker.timePassed(state, nowMs), nowMs);
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test('counts what was out when it opened once', () => {
    const open = failing(5);
    expect(failing(20, open, 1_000)).toEqual(open);
  });
});

test('one place in eight goes to the longest waiting, whatever the size of the leases', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 100 }), (leases) => {
      let credit = 0;
      let given = 0;
      for (const places of leases) {
        const share = shareOf(places, credit);
        expect(share.longestWaiting).toBeLessThanOrEqual(places);
        ({ credit } = share);
        given += share.longestWaiting;
      }
      const all = leases.reduce((sum, places) => sum + places, 0);
      expect(Math.abs(given - all / 8)).toBeLessThan(1);
    }),
  );
});
