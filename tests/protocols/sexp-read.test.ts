import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSexp, readSexpForm, type Sexp, type SexpLimits } from '../../protocols/sexp/index.js';

/** A value in a notation that fits on a line: symbols as {word}, floats as {float}, pairs with a '.' before the tail. */
function plain(value: Sexp): unknown {
  switch (value.kind) {
    case 'symbol':
      return { word: value.name };
    case 'float':
      return { float: value.value };
    case 'list':
      return value.tail === null
        ? value.items.map(plain)
        : [...value.items.map(plain), '.', plain(value.tail)];
    case 'struct':
      return { head: value.head, items: value.items.map(plain) };
    case 'string':
    case 'int':
    case 'boolean':
      return value.value;
  }
}

function read(text: string, limits?: Partial<SexpLimits>): unknown {
  const reading = readSexp(text, limits);
  return reading.ok ? plain(reading.value) : reading.error.code;
}

const word = (name: string): unknown => ({ word: name });
const real = (value: number): unknown => ({ float: value });

describe('atoms', () => {
  test.each<[string, unknown]>([
    ['7', 7],
    ['+7', 7],
    ['-7', -7],
    ['007', 7],
    ['-0', 0],
    ['5.', 5],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['1.5', real(1.5)],
    ['-0.25', real(-0.25)],
    ['-0.0', real(-0)],
    ['.5', real(0.5)],
    ['-.5', real(-0.5)],
    ['1e-5', real(1e-5)],
    ['1E5', real(1e5)],
    ['5e-05', real(5e-5)],
    ['1.5E+3', real(1500)],
    ['0.5d0', real(0.5)],
    ['1d-3', real(0.001)],
    ['1.0f0', real(1)],
    ['5.e2', real(500)],
    ['1/3', real(1 / 3)],
    ['-1/4', real(-0.25)],
    ['1e400', real(Infinity)],
    ['1/0', word('1/0')],
    ['1_000', word('1_000')],
    ['1e', word('1e')],
    ['1.2.3', word('1.2.3')],
    ['-', word('-')],
    ['+', word('+')],
    ['...', word('...')],
    ['inf', word('inf')],
    ['-inf', word('-inf')],
    ['NaN', word('NaN')],
    ['+inf.0', word('+inf.0')],
    ['nil', word('nil')],
    ['t', word('t')],
    ['true', word('true')],
    ['#t', true],
    ['#T', true],
    ['#f', false],
    ['#F', false],
    [':trend', word(':trend')],
    ['swimmy.school::SMA-20', word('swimmy.school::SMA-20')],
    ['<=', word('<=')],
    ["it's", word("it's")],
  ])('%s', (text, expected) => expect(read(text)).toEqual(expected));

  test('an integer that a double cannot hold stays exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (value) => {
        const reading = readSexp(String(value));
        expect(reading.ok && reading.value.kind === 'int' && BigInt(reading.value.value)).toBe(value);
      }),
    );
  });
});

describe('strings take the escapes of both families', () => {
  test.each<[string, string]>([
    ['"plain"', 'plain'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a\\nb\\tc\\rd"', 'a\nb\tc\rd'],
    ['"\\b\\f\\/"', '\b\f/'],
    ['"\\x41;\\x1F600;"', 'A😀'],
    ['"\\x41"', 'x41'],
    ['"\\xD800;"', 'xD800;'],
    ['"\\u3042"', 'あ'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d!"', '\ufffd!'],
    ['"\\u12"', 'u12'],
    ['"\\q"', 'q'],
    ['"\\😀"', '😀'],
    ['"あ; (not a list)"', 'あ; (not a list)'],
    ['"two\nlines"', 'two\nlines'],
    ['#A((2) base-char . "H1")', 'H1'],
    ['#a((0) CHARACTER . "")', ''],
  ])('%j', (text, expected) => expect(read(text)).toBe(expected));
});

describe('lists keep what the readers tell apart', () => {
  test.each<[string, unknown]>([
    ['()', []],
    ['(a . b)', [word('a'), '.', word('b')]],
    ['(a . (b c))', [word('a'), '.', [word('b'), word('c')]]],
    ['(a b c)', [word('a'), word('b'), word('c')]],
    ['(a b . c)', [word('a'), word('b'), '.', word('c')]],
    ['(a.b)', [word('a.b')]],
    ['(a .b)', [word('a'), word('.b')]],
    ['(a .5)', [word('a'), real(0.5)]],
    ['#(1 2)', [1, 2]],
    ['("a"b"c")', ['a', word('b'), 'c']],
    ['((a)(b))', [[word('a')], [word('b')]]],
    ['; note\n(a ; inside\n 1) ; after', [word('a'), 1]],
    ['\ufeff\u3000(1\u00a02)\r\n', [1, 2]],
    ['#S(STRATEGY :NAME "x" :SL 1)', { head: 'STRATEGY', items: [word(':NAME'), 'x', word(':SL'), 1] }],
    ['#S(pkg::STRATEGY)', { head: 'pkg::STRATEGY', items: [] }],
  ])('%j', (text, expected) => expect(read(text)).toEqual(expected));
});

describe('foreign text is refused with one code', () => {
  test.each<[string, string]>([
    ['', 'empty_text'],
    [' \n; only a note', 'empty_text'],
    ['(a', 'unterminated_list'],
    ['#S(X', 'unterminated_list'],
    ['"abc', 'unterminated_string'],
    ['"a\\', 'unterminated_string'],
    ['"a\\"', 'unterminated_string'],
    [')', 'unexpected_close'],
    ['(a .)', 'bad_dot'],
    ['(. a)', 'bad_dot'],
    ['( . )', 'bad_dot'],
    ['(a . b c)', 'bad_dot'],
    ['(a . b . c)', 'bad_dot'],
    ['.', 'bad_dot'],
    ['(a))', 'trailing_text'],
    ['(a) (b)', 'trailing_text'],
    ['{"a":1}', 'unexpected_character'],
    ['[1]', 'unexpected_character'],
    ["'a", 'unexpected_character'],
    ['(a `b)', 'unexpected_character'],
    ['(a ,b)', 'unexpected_character'],
    ['|a b|', 'unexpected_character'],
    ['(a \0)', 'unexpected_character'],
    ['(a\0b)', 'unexpected_character'],
    ['"a\0b"', 'unexpected_character'],
    ['"a\\u0000b"', 'unexpected_character'],
    ['"a\\x0;b"', 'unexpected_character'],
    ['#.(quit)', 'unsupported_syntax'],
    ['#\\a', 'unsupported_syntax'],
    ['#|note|#', 'unsupported_syntax'],
    ["#'f", 'unsupported_syntax'],
    ['#', 'unsupported_syntax'],
    ['#S(1 2)', 'bad_struct'],
    ['#S(X :a)', 'bad_struct'],
    ['#S()', 'bad_struct'],
    ['#A((3) base-char . "H1")', 'bad_array'],
    ['#A(1 2)', 'bad_array'],
    ['9'.repeat(2_000), 'token_too_long'],
    ['a'.repeat(2_000), 'token_too_long'],
  ])('%j', (text, code) => expect(read(text)).toBe(code));

  test('an error says where, what was expected and what was found', () => {
    expect(readSexp('(a . b c)')).toEqual({
      ok: false,
      error: { code: 'bad_dot', at: 3, expected: 'one value after the dot', found: 'more than one' },
    });
  });
});

describe('limits', () => {
  test('depth is refused one level beyond the limit and not before', () => {
    const nested = (depth: number): string => '('.repeat(depth) + ')'.repeat(depth);
    expect(read(nested(128))).not.toBe('too_deep');
    expect(read(nested(129))).toBe('too_deep');
    expect(read(nested(200))).toBe('too_deep');
    expect(read(nested(5), { depthMax: 4 })).toBe('too_deep');
    expect(read('('.repeat(1_000_000))).toBe('too_deep');
    expect(read('#S('.repeat(10), { depthMax: 9 })).toBe('too_deep');
  });

  test('text and elements are counted', () => {
    expect(read('(1 2 3)', { charsMax: 6 })).toBe('too_large');
    expect(read('(1 2 3)', { charsMax: 7 })).toEqual([1, 2, 3]);
    expect(read('(1 2 3)', { elementsMax: 3 })).toBe('too_many_elements');
    expect(read('(1 2 3)', { elementsMax: 4 })).toEqual([1, 2, 3]);
    expect(read('"\\n\\n\\n"', { elementsMax: 3 })).toBe('too_many_elements');
  });

  test('the clock stops a reading that takes too long', () => {
    let clock = 0;
    const deadline = { nowMs: () => (clock += 1), atMs: 3 };
    expect(read(`(${'a '.repeat(10_000)})`, { deadline })).toBe('too_slow');
    expect(clock).toBe(4);
    expect(read('(a)', { deadline })).toEqual([word('a')]);
  });

  test('a string of 20 MB costs a length comparison', () => {
    expect(read(`"${'x'.repeat(20_000_000)}"`)).toBe('too_large');
  });
});

describe('several forms in one text', () => {
  test('are read one after the other, with the place to go on', () => {
    const text = '(a) ; one\n\n"b" 3 ';
    const found: unknown[] = [];
    for (let at = 0; ;) {
      const form = readSexpForm(text, at);
      if (!form.ok || form.value === null) break;
      found.push(plain(form.value));
      at = form.end;
    }
    expect(found).toEqual([[word('a')], 'b', 3]);
  });
});

describe('hostile text', () => {
  const token = fc.constantFrom(
    '(',
    ')',
    '.',
    ' ',
    '"',
    '\\',
    ';',
    '\n',
    '#S(',
    '#A((1) c . "',
    '#(',
    '#t',
    ':k',
    '-1.5d0',
    'nil',
    '\0',
    '\ud83d',
    'あ',
  );
  const soup = fc
    .array(fc.oneof(token, fc.string({ unit: 'binary', maxLength: 6 })), { maxLength: 60 })
    .map((parts) => parts.join(''));

  test('never throws and respects the limits', () => {
    const limits = { depthMax: 4, elementsMax: 20, charsMax: 100 };
    fc.assert(
      fc.property(soup, (text) => {
        const reading = readSexp(text, limits);
        if (!reading.ok) return reading.error.found.length < 80;
        return depthOf(reading.value) <= 4 && elementsOf(reading.value) <= 20 && text.length <= 100;
      }),
      { numRuns: 3_000 },
    );
  });

  test('a message with one damaged place never throws', () => {
    const whole =
      '((type . "BACKTEST_RESULT") (result ((strategy_name . "a\\"b") (pnl . -1.5e-3) (trade_list (((timestamp . 1) (pnl . 0.5)))))))';
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(5), soup, (at, cut, put) => {
        readSexp(whole.slice(0, at) + put + whole.slice(at + cut));
      }),
      { numRuns: 2_000 },
    );
  });

  function depthOf(value: Sexp): number {
    if (value.kind === 'struct') return 1 + Math.max(0, ...value.items.map(depthOf));
    if (value.kind !== 'list') return 0;
    return 1 + Math.max(0, ...[...value.items, ...(value.tail === null ? [] : [value.tail])].map(depthOf));
  }

  function elementsOf(value: Sexp): number {
    if (value.kind !== 'list' && value.kind !== 'struct') return 1;
    const tail = value.kind === 'list' && value.tail !== null ? [value.tail] : [];
    return [...value.items, ...tail].reduce((sum, item) => sum + elementsOf(item), 1);
  }
});

const shared = path.resolve('..', 'shared', 'data');
(existsSync(shared) ? test : test.skip)('every stored strategy and request is read, and quickly', () => {
  const lines = ['strategies.sexp', 'backtest_requests.sexp'].flatMap((file) =>
    readFileSync(path.join(shared, file), 'utf8').trimEnd().split('\n'),
  );
  expect(lines).toHaveLength(2_633 + 167);
  const failed = lines.filter((line) => !readSexp(line, { depthMax: 64, charsMax: 262_144 }).ok);
  expect(failed).toEqual([]);
});
