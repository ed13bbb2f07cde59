const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** True for a decimal number as every reader of candle files understands it: no hex, no grouping, no names. */
export const isNumeral = (text: string): boolean => decimal.test(text);

const nonFinite = /^[+-]?(?:nan|inf|infinity)$/i;

/** True for the words that some writers print in place of a number. */
export const isNonFiniteWord = (text: string): boolean => nonFinite.test(text);

/** Below this a mantissa still takes one more digit and stays exact in a double. */
const mantissaMax = 900_719_925_474_098;

/** Exact in a double up to 10^22, so mantissa / power is rounded once: the same double that Number(text) gives. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => 10 ** power);

/**
 * Reads one line of plain decimals into `into`, by role, without making a string of it. This is where the time of
 * a large file goes.
 * @param end first byte behind the line, line end removed
 * @param roles per field, where its value goes; -1 is skipped; role 0, the timestamp, must have no point
 * @returns false when the line needs the careful reader: signs, exponents, spaces, quotes, defects, too many digits
 */
export function readPlainRow(
  bytes: Uint8Array,
  start: number,
  end: number,
  roles: Int8Array,
  into: Float64Array,
): boolean {
  let at = start;
  for (let field = 0; field < roles.length; field += 1) {
    const role = roles[field] ?? -1;
    if (role === -1) {
      for (; at < end && bytes[at] !== 44; at += 1) if (bytes[at] === 34 || bytes[at] === 0) return false;
    } else {
      let mantissa = 0;
      let digits = 0;
      let decimals = -1;
      for (; at < end; at += 1) {
        const byte = bytes[at] ?? 0;
        const digit = byte - 48;
        if (digit >= 0 && digit <= 9) {
          if (mantissa > mantissaMax) return false;
          mantissa = mantissa * 10 + digit;
          digits += 1;
          if (decimals >= 0) decimals += 1;
        } else if (byte === 44) break;
        else if (byte === 46 && decimals === -1 && role !== 0) decimals = 0;
        else return false;
      }
      if (digits === 0 || decimals > 22) return false;
      into[role] = decimals > 0 ? mantissa / (powersOfTen[decimals] ?? NaN) : mantissa;
    }
    at += 1;
  }
  // One past the end: every field but the last stopped at its comma, and the last one at the line's end.
  return at === end + 1;
}
