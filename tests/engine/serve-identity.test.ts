import { describe, expect, test } from '@jest/globals';
import { decodeBacktestResult } from '../../protocols/backtest-wire/index.js';
import { failureAnswer, identify } from '../../runtime/node/engine-pool-identity.js';

/** Over the length up to which a frame is decoded. */
const blanks = ' '.repeat(70_000);
const identified = (text: string): string | null => identify(Buffer.from(text)).requestId;

describe('the id of a request that no engine has read', () => {
  test.each([
    ['short, whole', '((action . "BACKTEST") (:request-id . "a") (strategy . nil))', 'a'],
    ['short, cut off', '((action . "BACKTEST") (request_id . "b")', 'b'],
    ['long', `((x . "${blanks}") (request_id . "c"))`, 'c'],
    ['long JSON', `{"x": "${blanks}", "request_id" : "d"}`, 'd'],
    ['long, in a string first', `((x . "(request_id . \\"evil\\")") (request_id . "e") ${blanks})`, 'e'],
    ['long, the first of two', `((request_id . "f") (request_id . "g") ${blanks})`, 'f'],
  ])('%s', (_what, text, id) => {
    expect(identified(text)).toBe(id);
  });

  test.each([
    ['none', `((action . "BACKTEST")) ${blanks}`],
    ['of the wrong shape', `((request_id "x")) ${blanks}`],
    ['over several lines', `((request_id . "x\ny")) ${blanks}`],
    ['without its list', `request_id . "x") ${blanks}`],
    ['behind too many near misses', `${'(request_id . x) '.repeat(20)} (request_id . "x") ${blanks}`],
    [
      'not in UTF-8',
      Buffer.concat([Buffer.from('((request_id . "'), Buffer.from([0xff]), Buffer.from(`")) ${blanks}`)]),
    ],
  ])('is null: %s', (_what, text) => {
    expect(identify(Buffer.from(text)).requestId).toBeNull();
  });

  test('20 MB of near misses cost no more than looking through them once', () => {
    const frame = Buffer.alloc(20_000_000, '(request_id ');
    const startedMs = performance.now();
    expect(identify(frame).requestId).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});

test('a failure answer is read back as a failure of that request, without a figure', () => {
  const identity = { requestId: 'r', strategyName: 'S' };
  expect(decodeBacktestResult(failureAnswer(identity, 'worker_died', 'exit code 3'))).toEqual({
    ok: true,
    value: { kind: 'failed', ...identity, code: 'worker_died', message: 'exit code 3' },
    warnings: [],
  });
});
