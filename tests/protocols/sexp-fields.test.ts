import { describe, expect, test } from '@jest/globals';
import {
  asBoolean,
  asInteger,
  asList,
  asNumber,
  asText,
  fields,
  normaliseKey,
  readSexp,
  type Fields,
  type Sexp,
} from '../../protocols/sexp/index.js';

function parse(text: string): Sexp {
  const reading = readSexp(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.error.code}`);
  return reading.value;
}

function fieldsOf(text: string): Fields {
  const reading = fields(parse(text));
  if (!reading.ok) throw new Error(`${text}: ${reading.error.code}`);
  return reading.fields;
}

const fieldOf = (text: string): Sexp | undefined => fieldsOf(text).get('a');
const codeOf = (text: string): string => {
  const reading = fields(parse(text));
  return reading.ok ? 'ok' : reading.error.code;
};
const valueOf = <T>(typed: { ok: true; value: T } | { ok: false; reason: string }): T | string =>
  typed.ok ? typed.value : typed.reason;

describe('fields', () => {
  test.each([
    ['((a . 1) (b . 2))'],
    ['((a 1) (b 2))'],
    ['(a 1 b 2)'],
    ['(:a 1 :b 2)'],
    ['#S(pkg::THING :A 1 :B 2)'],
    ['(("a" . 1) ("b" . 2))'],
    ['((pkg::a . 1) (other:B . 2))'],
    ['(((a . 1) (b . 2)))'],
    ['((a . 1) . ((b . 2)))'],
  ])('%s has a = 1 and b = 2', (text) => {
    const found = fieldsOf(text);
    expect([...found.keys()]).toEqual(['a', 'b']);
    expect([valueOf(asNumber(found.get('a'))), valueOf(asNumber(found.get('b')))]).toEqual([1, 2]);
  });

  test('nothing has no fields', () => {
    expect(fieldsOf('()').size).toBe(0);
    expect(fieldsOf('nil').size).toBe(0);
  });

  test.each([
    ['((a . 1) b)', 'not_an_alist'],
    ['((a . 1) ())', 'not_an_alist'],
    ['(a 1 b)', 'not_an_alist'],
    ['(a . b)', 'not_an_alist'],
    ['"a"', 'not_an_alist'],
    ['5', 'not_an_alist'],
    ['((1 . 2))', 'bad_key'],
    ['((#t . 2))', 'bad_key'],
    ['((: . 2))', 'bad_key'],
    ['(1 2)', 'bad_key'],
    ['((a . 1) (A . 2))', 'duplicate_key'],
    ['((a-b . 1) (a_b . 2))', 'duplicate_key'],
    ['(:a 1 :a 2)', 'duplicate_key'],
  ])('%s is refused as %s', (text, code) => expect(codeOf(text)).toBe(code));

  test.each([
    ['sma_short', 'sma_short'],
    ['SMA-Short', 'sma_short'],
    [':max-dd', 'max_dd'],
    ['swimmy.school::Daily-PnL', 'daily_pnl'],
    ['pkg:key', 'key'],
  ])('the key %s is %s', (written, key) => expect(normaliseKey(written)).toBe(key));
});

describe('scalars take every spelling of a field', () => {
  test.each(['((a . 5))', '((a 5))', '((a . (5)))'])('%s is 5', (text) => {
    expect(valueOf(asInteger(fieldOf(text)))).toBe(5);
    expect(valueOf(asNumber(fieldOf(text)))).toBe(5);
    expect(valueOf(asText(fieldOf(text)))).toBe('5');
  });

  test.each(['((a))', '((a . ()))', '((a . nil))', '((a . NIL))', '((a nil))', '((a . null))', '((b . 1))'])(
    '%s is absent',
    (text) => {
      expect(valueOf(asNumber(fieldOf(text)))).toBe('absent');
      expect(valueOf(asText(fieldOf(text)))).toBe('absent');
    },
  );

  test.each([
    ['inf'],
    ['-inf'],
    ['"-inf"'],
    ['NaN'],
    ['"nan"'],
    ['+inf.0'],
    ['Infinity'],
    ['1e400'],
    ['"-Infinity"'],
  ])('%s is never a number', (word) => {
    expect(valueOf(asNumber(parse(word)))).toBe('not_finite');
    expect(valueOf(asInteger(parse(word)))).toBe('not_finite');
  });

  test.each<[string, number | string, number | string]>([
    ['0.5', 0.5, 'wrong_type'],
    ['5.0', 5, 5],
    ['"5"', 5, 5],
    ['" 0.5d0 "', 0.5, 'wrong_type'],
    ['9007199254740993', 9007199254740992, 'out_of_range'],
    ['1e300', 1e300, 'out_of_range'],
    ['"five"', 'wrong_type', 'wrong_type'],
    ['""', 'wrong_type', 'wrong_type'],
    ['five', 'wrong_type', 'wrong_type'],
    ['#t', 'wrong_type', 'wrong_type'],
    ['(1 2)', 'wrong_type', 'wrong_type'],
    ['((1))', 'wrong_type', 'wrong_type'],
  ])('%s is the number %p and the integer %p', (text, number, integer) => {
    expect(valueOf(asNumber(parse(text)))).toBe(number);
    expect(valueOf(asInteger(parse(text)))).toBe(integer);
  });

  test.each<[string, boolean]>([
    ['#t', true],
    ['t', true],
    ['T', true],
    ['true', true],
    ['"yes"', true],
    ['1', true],
    ['pkg::t', true],
    ['#f', false],
    ['nil', false],
    ['()', false],
    ['false', false],
    ['"NO"', false],
    ['0', false],
    ['(t)', true],
  ])('%s is %p', (text, expected) => expect(valueOf(asBoolean(parse(text)))).toBe(expected));

  test('what is neither true nor false is not guessed', () => {
    expect(valueOf(asBoolean(parse('maybe')))).toBe('wrong_type');
    expect(valueOf(asBoolean(parse('2')))).toBe('wrong_type');
    expect(valueOf(asBoolean(parse('1.0')))).toBe('wrong_type');
    expect(valueOf(asBoolean(undefined))).toBe('absent');
  });

  test('text is a string as it is, or a word without package and colon', () => {
    expect(valueOf(asText(parse('"a::b"')))).toBe('a::b');
    expect(valueOf(asText(parse(':trend')))).toBe('trend');
    expect(valueOf(asText(parse('pkg::SMA-20')))).toBe('SMA-20');
    expect(valueOf(asText(parse('1.5')))).toBe('wrong_type');
  });
});

describe('lists take every spelling of a field', () => {
  const length = (text: string, wrapped = false): number | string => {
    const typed = asList(fieldOf(text), { wrapped });
    return typed.ok ? typed.value.length : typed.reason;
  };

  test.each<[string, number | string, number | string]>([
    ['((a 1 2 3))', 3, 3],
    ['((a . (1 2 3)))', 3, 3],
    ['((a (1 2 3)))', 1, 3],
    ['((a ()))', 1, 0],
    ['((a))', 0, 0],
    ['((a . nil))', 0, 0],
    ['((a . 5))', 'wrong_type', 'wrong_type'],
    ['((a 1 . 2))', 'wrong_type', 'wrong_type'],
    ['((b . 1))', 'absent', 'absent'],
  ])('%s has %p members, as an option %p', (text, plainly, wrapped) => {
    expect(length(text)).toBe(plainly);
    expect(length(text, true)).toBe(wrapped);
  });
});

/** The examples of wire.md 2.6 that are about meaning: what each gives through the accessor that its reader would use. */
describe('worked examples of the wire', () => {
  const alistOf = (field: Sexp | undefined): Record<string, unknown> | string => {
    if (field === undefined) return 'absent';
    const reading = fields(field);
    if (!reading.ok) return reading.error.code;
    return Object.fromEntries([...reading.fields].map(([key, value]) => [key, valueOf(asNumber(value))]));
  };
  const inner = (text: string, key: string): Sexp | undefined => fieldsOf(text).get(key);
  const records = (text: string): unknown => {
    const typed = asList(inner(text, 'x'));
    return typed.ok ? typed.value.map(alistOf) : typed.reason;
  };

  test('10 to 13: an alist as a value is the same in dotted form, in shorthand, and wrapped as an option', () => {
    expect(alistOf(inner('((x . ((y . 1))))', 'x'))).toEqual({ y: 1 });
    expect(alistOf(inner('((x (y . 1)))', 'x'))).toEqual({ y: 1 });
    expect(alistOf(inner('((x (y . 1) (z . 2)))', 'x'))).toEqual({ y: 1, z: 2 });
    expect(alistOf(inner('((x ((y . 1))))', 'x'))).toEqual({ y: 1 });
  });

  test('13, 14, 57: a list of records keeps its level, also with a single record', () => {
    expect(records('((x ((y . 1))))')).toEqual([{ y: 1 }]);
    expect(records('((x ((y . 1)) ((y . 2))))')).toEqual([{ y: 1 }, { y: 2 }]);
    expect(records('((x . (((y . 1)))))')).toEqual([{ y: 1 }]);
  });

  test('15, 16: an option of a string, and a wrapped list of strings', () => {
    expect(valueOf(asText(inner('((x "a"))', 'x')))).toBe('a');
    const wrapped = asList(inner('((x ("a" "b")))', 'x'), { wrapped: true });
    expect(wrapped.ok && wrapped.value.map((item) => valueOf(asText(item)))).toEqual(['a', 'b']);
  });

  test('19, 20, 22: keys lose their package, colon and case; `t` is a key like any other', () => {
    expect([...fieldsOf('((A-B . 1) (:C_D . 2) (pkg::k . 3) (t . 4))').keys()]).toEqual([
      'a_b',
      'c_d',
      'k',
      't',
    ]);
  });

  test('42 to 48: numbers and booleans in the spelling of every writer', () => {
    const value = (text: string): Sexp | undefined => inner(text, 'v');
    expect(valueOf(asNumber(value('((v . 5e-05))')))).toBe(5e-5);
    expect(valueOf(asNumber(value('((v . 1.5e-05))')))).toBe(1.5e-5);
    expect(valueOf(asNumber(value('((v . 0.5d0))')))).toBe(0.5);
    expect(valueOf(asNumber(value('((v . -inf))')))).toBe('not_finite');
    expect(valueOf(asBoolean(value('((v . #t))')))).toBe(true);
    expect(valueOf(asBoolean(value('((v . #T))')))).toBe(true);
    expect(valueOf(asBoolean(value('((v . true))')))).toBe(true);
  });

  test('51, 53, 54: a vector is a list, a typed string literal is its text, both spellings of an option agree', () => {
    expect(alistOf(parse('#((a . 1))'))).toEqual({ a: 1 });
    expect(valueOf(asText(inner('((r . #A((2) base-char . "H1")))', 'r')))).toBe('H1');
    expect(valueOf(asInteger(inner('((o . (5)))', 'o')))).toBe(5);
    expect(valueOf(asInteger(inner('((o . 5))', 'o')))).toBe(5);
  });
});
