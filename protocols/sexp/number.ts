import { float, int, type Sexp } from './model.js';

const zero = 48;
const nine = 57;
const isDigit = (code: number): boolean => code >= zero && code <= nine;

/** e E, and the letters that name a Lisp float format: d D f F s S l L. */
const isExponentMark = (code: number): boolean => {
  const lower = code | 32;
  return lower === 101 || lower === 100 || lower === 102 || lower === 115 || lower === 108;
};

/**
 * The number that a bare token spells, or null when it is a symbol.
 *
 * It takes what any writer emits: `7 +7 007 5. 1.5 .5 1e-5 1.0e-4 0.5d0 1/3`. `5.` is an integer, as Lisp has it.
 * `inf`, `nan`, `1_000` and `1/0` are no numbers.
 */
export function readNumber(token: string): Sexp | null {
  const length = token.length;
  let at = 0;
  const first = token.charCodeAt(0);
  if (first === 43 || first === 45) at = 1;

  const integerFrom = at;
  while (at < length && isDigit(token.charCodeAt(at))) at += 1;
  let digits = at - integerFrom;
  if (at === length) return digits === 0 ? null : integer(token);
  if (token.charCodeAt(at) === 47) return ratio(token, at, digits);

  let fraction = 0;
  if (token.charCodeAt(at) === 46) {
    const fractionFrom = at + 1;
    at = fractionFrom;
    while (at < length && isDigit(token.charCodeAt(at))) at += 1;
    fraction = at - fractionFrom;
    digits += fraction;
    if (at === length && fraction === 0 && digits > 0) return integer(token.slice(0, -1));
  }
  if (digits === 0) return null;
  if (at === length) return float(Number(token));

  const mark = at;
  if (!isExponentMark(token.charCodeAt(mark))) return null;
  at += 1;
  const sign = token.charCodeAt(at);
  if (sign === 43 || sign === 45) at += 1;
  const exponentFrom = at;
  while (at < length && isDigit(token.charCodeAt(at))) at += 1;
  if (at === exponentFrom || at < length) return null;
  return float(Number(`${token.slice(0, mark)}e${token.slice(mark + 1)}`));
}

function integer(token: string): Sexp {
  const value = Number(token);
  // Adding 0 turns -0 into 0: an integer has no signed zero.
  return int(Number.isSafeInteger(value) ? value + 0 : BigInt(token));
}

function ratio(token: string, bar: number, digits: number): Sexp | null {
  if (digits === 0 || bar + 1 === token.length) return null;
  for (let at = bar + 1; at < token.length; at += 1) if (!isDigit(token.charCodeAt(at))) return null;
  const denominator = Number(token.slice(bar + 1));
  const value = Number(token.slice(0, bar)) / denominator;
  return denominator === 0 || Number.isNaN(value) ? null : float(value);
}
