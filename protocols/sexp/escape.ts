const simple = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
]);

/**
 * One escape of a string literal: what it stands for and how many units follow the backslash.
 *
 * The readers disagree (Swimmy's Python and Lisp ones drop the backslash of `\n` and keep the letter), the writers do
 * not: only Guardian and the JSON-style serialiser ever write a letter escape, and both mean the control character.
 * So a letter escape means what its writers mean, and any other escaped character stands for itself.
 *
 * @param at offset of the unit after the backslash, inside the text
 */
export function readEscape(text: string, at: number): { readonly value: string; readonly length: number } {
  const letter = text.charAt(at);
  const known = simple.get(letter);
  if (known !== undefined) return { value: known, length: 1 };
  if (letter === 'u') return unicodeEscape(text, at);
  if (letter === 'x') {
    const found = /^x([0-9a-fA-F]{1,6});/.exec(text.slice(at, at + 8));
    const code = found?.[1] === undefined ? null : scalar(parseInt(found[1], 16));
    if (found !== null && code !== null) return { value: code, length: found[0].length };
  }
  // A surrogate pair is one character: its first half alone would not be text.
  const code = text.codePointAt(at) ?? 0;
  const whole = String.fromCodePoint(code);
  return { value: whole, length: whole.length };
}

function unicodeEscape(text: string, at: number): { readonly value: string; readonly length: number } {
  const unit = hex4(text, at + 1);
  if (unit === null) return { value: 'u', length: 1 };
  const single = scalar(unit);
  if (single !== null) return { value: single, length: 5 };
  const low = unit < 0xdc00 && text.startsWith('\\u', at + 5) ? hex4(text, at + 7) : null;
  if (low !== null && low >= 0xdc00 && low <= 0xdfff) {
    return { value: String.fromCharCode(unit, low), length: 11 };
  }
  return { value: '\ufffd', length: 5 };
}

function hex4(text: string, at: number): number | null {
  const digits = text.slice(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : null;
}

/** The character of a Unicode scalar value; null for surrogates and for what lies beyond the last plane. */
function scalar(code: number): string | null {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? null : String.fromCodePoint(code);
}
