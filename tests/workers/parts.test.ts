/** The small parts of which pools and ports are made. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WorkQueue } from '../../actors/workers/work-queue.js';
import { readFromWorker } from '../../actors/workers/wire.js';
import { frame, FrameReader } from '../../runtime/node/worker-frames.js';
import { weigh } from '../../runtime/node/worker-weight.js';

test('a work queue is a list: new jobs behind, jobs tried again before all others, any can be withdrawn', () => {
  const operation = fc.oneof(
    fc.constant({ type: 'push' } as const),
    fc.constant({ type: 'shift' } as const),
    fc.record({ type: fc.constant('withdraw' as const), at: fc.nat(300) }),
    fc.record({ type: fc.constant('again' as const) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 600, size: 'max' }), (operations) => {
      const queue = new WorkQueue<{ readonly id: number }>();
      let model: number[] = [];
      let again: number[] = [];
      let [last, taken]: [number, number | undefined] = [0, undefined];
      for (const done of operations) {
        switch (done.type) {
          case 'push':
            queue.push({ id: ++last });
            model.push(last);
            break;
          case 'shift':
            taken = again.shift() ?? model.shift();
            expect(queue.shift()?.id).toBe(taken);
            break;
          case 'again':
            if (taken === undefined) break;
            queue.pushFirst({ id: taken });
            again.push(taken);
            taken = undefined;
            break;
          case 'withdraw': {
            const id = [...again, ...model][done.at] ?? -1;
            expect(queue.withdraw(id)?.id).toBe(id === -1 ? undefined : id);
            again = again.filter((other) => other !== id);
            model = model.filter((other) => other !== id);
          }
        }
        expect(queue.size).toBe(again.length + model.length);
      }
    }),
  );
});

describe('frames on a stream of bytes', () => {
  const read = (chunks: readonly Uint8Array[], bytesMax = 1e6) => {
    const seen: unknown[] = [];
    const reader = new FrameReader(bytesMax, {
      onFrame: (value) => seen.push(value),
      onNonsense: (what) => seen.push(what),
    });
    for (const chunk of chunks) reader.take(chunk);
    return seen;
  };

  test('come out as they went in, however they are cut', () => {
    const values = fc.array(
      fc.oneof(fc.string(), fc.uint8Array(), fc.dictionary(fc.string(), fc.integer())),
      {
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: 1, max: 40 })), (sent, cuts) => {
        let rest = Buffer.concat(sent.map(frame));
        const chunks: Uint8Array[] = [];
        for (const cut of cuts) {
          chunks.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        expect(read([...chunks, rest].map((chunk) => new Uint8Array(chunk)))).toEqual(sent);
      }),
    );
  });

  test('that are too long are refused by their heads, before anything of them is held', () => {
    const long = frame('x'.repeat(1_000));
    expect(read([frame(1), long.subarray(0, 4), frame(2)], 100)).toEqual([1, 'too long']);
  });

  test('of noise are refused, and nothing is read after them', () => {
    const noise = Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.from('nope')]);
    expect(read([noise, frame(1)])).toEqual(['unreadable']);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void read([bytes], 1_000)));
  });
});

describe('what a message weighs', () => {
  test('is about what it holds, whatever holds it', () => {
    const kib = new Uint8Array(1_024);
    for (const value of [
      kib,
      [kib],
      { a: kib },
      new Map([[1, kib]]),
      new Set([kib]),
      kib.buffer,
      'x'.repeat(512),
    ])
      expect(weigh(value, 1e6)).toBeGreaterThanOrEqual(1_024);
    expect(weigh({ a: kib, b: kib }, 1e6)).toBeLessThan(2_048);
    expect(weigh([null, undefined, 1, true, 1n], 1e6)).toBeLessThan(200);
  });

  test('is not counted beyond the limit, and a ring of references is no endless one', () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    expect(weigh(ring, 1e6)).toBeLessThan(100);
    const flood = Array.from({ length: 100_000 }, () => ({ x: 'y'.repeat(100) }));
    expect(weigh(flood, 1_000)).toBeLessThan(1_000_000);
    expect(weigh(flood, 1_000)).toBeGreaterThan(1_000);
  });
});

test('whatever a worker says is a message of the protocol, or nothing', () => {
  fc.assert(
    fc.property(fc.anything(), (said) => {
      const read = readFromWorker(said);
      expect([undefined, 'ready', 'answer', 'notice']).toContain(read?.type);
    }),
  );
  expect(readFromWorker({ type: 'answer', id: 1, ok: false, code: 'c', message: 'm' })).toBeNull();
  expect(readFromWorker({ type: 'answer', id: '1', ok: true })).toBeNull();
  expect(readFromWorker({ type: 'answer', id: 1, ok: true })).toMatchObject({ value: undefined });
});
