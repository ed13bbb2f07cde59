import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  alist,
  boolean,
  float,
  int,
  list,
  pair,
  readSexp,
  SexpWriteError,
  symbol,
  text,
  writeSexp,
  type Sexp,
} from '../../protocols/sexp/index.js';

function codeOf(value: Sexp): string {
  try {
    return writeSexp(value);
  } catch (error) {
    if (error instanceof SexpWriteError) return error.code;
    throw error;
  }
}

const nested = (depth: number): Sexp => (depth === 1 ? list([int(1)]) : list([nested(depth - 1)]));

describe('the writer', () => {
  test('writes one line of dotted pairs', () => {
    const message = alist([
      ['action', text('BACKTEST')],
      ['missing', undefined],
      [
        'strategy',
        alist([
          ['name', text('say "x\\y"')],
          ['indicator_type', symbol('sma')],
        ]),
      ],
      ['candles_file', list([text('a.csv')])],
      [
        'trades',
        list([
          alist([
            ['t', int(1)],
            ['pnl', float(-0.05)],
          ]),
        ]),
      ],
      ['include_trades', boolean(true)],
    ]);
    expect(writeSexp(message)).toBe(
      '((action . "BACKTEST") (strategy . ((name . "say \\"x\\\\y\\"") (indicator_type . sma)))' +
        ' (candles_file . ("a.csv")) (trades . (((t . 1) (pnl . -0.05)))) (include_trades . #t))',
    );
  });

  test.each<[number, string]>([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1, '0.1'],
    [1e-5, '0.00001'],
    [5e-6, '5.0e-6'],
    [1.5e-7, '1.5e-7'],
    [-1e-300, '-1.0e-300'],
    [9007199254740992, '9007199254740992.0'],
    [1e16, '1.0e16'],
    [1.2345e22, '1.2345e22'],
    [Number.MAX_VALUE, '1.7976931348623157e308'],
    [0.00003700000000008003, '0.00003700000000008003'],
  ])('writes the float %p as %s, so that every reader takes it', (value, written) => {
    expect(writeSexp(list([float(value)]))).toBe(`(${written})`);
  });

  test('writes an infinity only when told that the reader can take it', () => {
    const values = list([float(Infinity), float(-Infinity), float(NaN)]);
    expect(writeSexp(values, { nonFinite: 'symbol' })).toBe('(inf -inf NaN)');
    expect(codeOf(values)).toBe('not_finite');
  });

  test.each<[string, Sexp]>([
    ['not_a_list', int(1)],
    ['not_a_list', pair('a', int(1))],
    ['too_deep', nested(21)],
    ['out_of_range', list([int(2n ** 63n)])],
    ['out_of_range', list([{ kind: 'int', value: 1.5 }])],
    ['control_character', list([text('two\nlines')])],
    ['control_character', list([text('\u007f')])],
    ['not_unicode', list([text('\ud800')])],
    ['bad_key', list([pair('Upper', int(1))])],
    ['bad_key', list([pair('a-b', int(1))])],
    ['bad_key', list([pair('', int(1))])],
    [
      'duplicate_key',
      alist([
        ['a', int(1)],
        ['a', int(2)],
      ]),
    ],
    ['mixed_list', list([pair('a', int(1)), int(2)])],
    ['mixed_list', list([int(2), pair('a', int(1))])],
    ['mixed_list', list([pair('a', pair('b', int(1)))])],
    ['symbol_not_allowed', list([symbol('nil')])],
    ['symbol_not_allowed', alist([['other', symbol('sma')]])],
    ['symbol_not_allowed', alist([['indicator_type', symbol('SMA')]])],
    ['symbol_not_allowed', alist([['indicator_type', list([symbol('sma')])]])],
    ['not_expressible', list([{ kind: 'struct', head: 'X', items: [] }])],
    ['not_expressible', list([text('a'), int(1)])],
    ['not_expressible', list([list([text('a')])])],
  ])('refuses with %s', (code, value) => expect(codeOf(value)).toBe(code));

  test('takes what is as deep as allowed, and no reader finds it deeper', () => {
    expect(codeOf(nested(20))).toMatch(/^\(/);
    expect(readSexp(writeSexp(nested(20)), { depthMax: 20 }).ok).toBe(true);
    const pairs = (depth: number): Sexp => (depth === 0 ? int(1) : alist([['k', pairs(depth - 1)]]));
    expect(readSexp(writeSexp(pairs(10)), { depthMax: 20 }).ok).toBe(true);
    expect(codeOf(pairs(11))).toBe('too_deep');
  });
});

const { value } = fc.letrec<{ value: Sexp; list: Sexp; alist: Sexp }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.double().map(float),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(int),
    fc.boolean().map(boolean),
    fc.string({ unit: 'grapheme' }).map(text),
    fc.string({ unit: 'binary' }).map(text),
    tie('list'),
    tie('alist'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }).map(list),
  alist: fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), tie('value')), {
      selector: ([key]) => key,
      maxLength: 4,
    })
    .map(alist),
}));

test('whatever the writer accepts, the reader gives back', () => {
  let accepted = 0;
  fc.assert(
    fc.property(value, (any) => {
      let written: string;
      try {
        written = writeSexp(list([any]));
      } catch (error) {
        if (error instanceof SexpWriteError) return;
        throw error;
      }
      accepted += 1;
      expect(written).toMatch(/^\([^\n\t]*$/);
      expect(readSexp(written)).toEqual({ ok: true, value: list([any]) });
    }),
    { numRuns: 3_000 },
  );
  // The property must not pass by refusing everything.
  expect(accepted).toBeGreaterThan(500);
});

test('a float comes back as the same double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(readSexp(writeSexp(list([float(number)])))).toEqual({ ok: true, value: list([float(number)]) });
    }),
    { numRuns: 3_000 },
  );
});
