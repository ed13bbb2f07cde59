import { describe, expect, test } from '@jest/globals';
import { fields, readSexp, type Sexp } from '../../protocols/sexp/index.js';

/** A value as a text in which all writers' spellings of it look the same; floats are marked, `()` is nothing. */
function show(value: Sexp): string {
  switch (value.kind) {
    case 'symbol':
      return value.name;
    case 'string':
      return JSON.stringify(value.value);
    case 'boolean':
      return value.value ? '#t' : '#f';
    case 'int':
      return String(value.value);
    case 'float':
      return `float ${value.value}`;
    case 'struct':
      return `#S(${[value.head, ...value.items.map(show)].join(' ')})`;
    case 'list': {
      const tail = value.tail === null ? [] : ['.', show(value.tail)];
      return `(${[...value.items.map(show), ...tail].join(' ')})`;
    }
  }
}

/** What the reader makes of a text when a message is expected: its fields, or the code of the refusal. */
function asMessage(text: string): string {
  const reading = readSexp(text);
  if (!reading.ok) return reading.error.code;
  const found = fields(reading.value);
  if (!found.ok) return found.error.code;
  return [...found.fields].map(([key, value]) => `${key}=${show(value)}`).join(' ');
}

function asValue(text: string): string {
  const reading = readSexp(text);
  return reading.ok ? show(reading.value) : reading.error.code;
}

/** wire.md 2.6 by number; docs/wire.md tells what each means. Where the readers differ, this is what ours does. */
describe('the worked examples of the wire as messages', () => {
  test.each<[number, string, string]>([
    [1, '((a . 1) (b . 2))', 'a=1 b=2'],
    [2, '((a 1) (b 2))', 'a=(1) b=(2)'],
    [3, '((a))', 'a=()'],
    [4, '((a) (b . 1))', 'a=() b=1'],
    [5, '((a . nil))', 'a=nil'],
    [6, '((a . ()))', 'a=()'],
    [7, '((a ()))', 'a=(())'],
    [8, '((a . (1 2 3)))', 'a=(1 2 3)'],
    [9, '((a 1 2 3))', 'a=(1 2 3)'],
    [10, '((x . ((y . 1))))', 'x=((y . 1))'],
    [11, '((x (y . 1)))', 'x=((y . 1))'],
    [12, '((x (y . 1) (z . 2)))', 'x=((y . 1) (z . 2))'],
    [13, '((x ((y . 1))))', 'x=(((y . 1)))'],
    [14, '((x ((y . 1)) ((y . 2))))', 'x=(((y . 1)) ((y . 2)))'],
    [15, '((x "a"))', 'x=("a")'],
    [16, '((x ("a" "b")))', 'x=(("a" "b"))'],
    [17, '((a . 1) b)', 'not_an_alist'],
    [18, '((a . 1) (a . 2))', 'duplicate_key'],
    [19, '((A-B . 1) (:C_D . 2))', 'a_b=1 c_d=2'],
    [20, '((pkg::k . 1))', 'k=1'],
    [21, '(("a" . 1))', 'a=1'],
    [22, '((t . 1) (c . 2))', 't=1 c=2'],
    [23, '((1 . 2))', 'bad_key'],
    [24, '(a 1 b 2)', 'a=1 b=2'],
    [25, '(a 1)', 'a=1'],
    [26, '(1 2 3)', 'not_an_alist'],
    [27, '()', ''],
    [28, '(a . b)', 'not_an_alist'],
    [29, '(a.b)', 'not_an_alist'],
    [30, '(a .b)', 'a=.b'],
    [31, '(a b . c)', 'not_an_alist'],
    [32, '(a . b c)', 'bad_dot'],
    [33, '(a .)', 'bad_dot'],
    [33, '(. a)', 'bad_dot'],
    [33, '( . )', 'bad_dot'],
    [34, '((a . 1)', 'unterminated_list'],
    [35, '((a . 1)))', 'trailing_text'],
    [36, '((a . 1)) (b . 2)', 'trailing_text'],
    [37, '"abc', 'unterminated_string'],
    [38, '"a\\', 'unterminated_string'],
    [42, '((v . 5e-05))', 'v=float 0.00005'],
    [43, '((v . 1.5e-05))', 'v=float 0.000015'],
    [44, '((v . 0.5d0))', 'v=float 0.5'],
    [45, '((v . -inf))', 'v=-inf'],
    [46, '((v . #t))', 'v=#t'],
    [47, '((v . #T))', 'v=#t'],
    [48, '((v . true))', 'v=true'],
    [49, '; c\n((a . 1))', 'a=1'],
    [50, '((a . 1)) ; c', 'a=1'],
    [51, '#((a . 1))', 'a=1'],
    [52, '[(a . 1)]', 'unexpected_character'],
    [53, '((r . #A((2) base-char . "H1")))', 'r="H1"'],
    [54, '((o . (5)))', 'o=(5)'],
    [54, '((o . 5))', 'o=5'],
    [55, '{"a":1}', 'unexpected_character'],
    [56, '('.repeat(200) + ')'.repeat(200), 'too_deep'],
    [57, '((x . (((y . 1)))))', 'x=(((y . 1)))'],
  ])('%i: %s is %s', (_, text, expected) => expect(asMessage(text)).toBe(expected));
});

describe('the worked examples of the wire as values', () => {
  test.each<[number, string, string]>([
    [26, '(1 2 3)', '(1 2 3)'],
    [28, '(a . b)', '(a . b)'],
    [31, '(a b . c)', '(a b . c)'],
    [39, '"a\\nb"', '"a\\nb"'],
    [40, '"\\u3042"', '"あ"'],
    [41, '"\\x41;"', '"A"'],
  ])('%i: %s is %s', (_, text, expected) => expect(asValue(text)).toBe(expected));
});
