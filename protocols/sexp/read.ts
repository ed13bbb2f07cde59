import type { SexpError, SexpErrorCode } from './error.js';
import { readEscape } from './escape.js';
import { sexpLimits, tokenCharsMax, type SexpLimits } from './limits.js';
import { boolean, symbol, text as string, type Sexp } from './model.js';
import { readNumber } from './number.js';

export type SexpReading =
  { readonly ok: true; readonly value: Sexp } | { readonly ok: false; readonly error: SexpError };

/** `value` is null when only blanks and comments were left; `end` is where to go on. */
export type SexpFormReading =
  | { readonly ok: true; readonly value: Sexp | null; readonly end: number }
  | { readonly ok: false; readonly error: SexpError };

/**
 * Reads a text that holds exactly one form. Never throws; foreign text is refused with a coded error.
 *
 * It takes the union of what Swimmy's Python, Lisp and Rust writers emit; docs/wire.md has the table. Text after the
 * form is refused: two messages in one frame would otherwise lose the second one without a word.
 */
export function readSexp(text: string, limits: Partial<SexpLimits> = {}): SexpReading {
  const first = readSexpForm(text, 0, limits);
  if (!first.ok) return first;
  if (first.value === null) return refusal('empty_text', 0, 'a form', 'blanks only');
  const rest = skipBlanks(text, first.end);
  if (rest < text.length) return refusal('trailing_text', rest, 'the end of the text', excerpt(text, rest));
  return { ok: true, value: first.value };
}

/** Reads the next of several forms, beginning at `from`; for files that hold one form after the other. */
export function readSexpForm(text: string, from: number, limits: Partial<SexpLimits> = {}): SexpFormReading {
  const bounds = { ...sexpLimits, ...limits };
  const chars = text.length - from;
  if (chars > bounds.charsMax) {
    return refusal('too_large', from, `at most ${bounds.charsMax} characters`, `${chars}`);
  }
  return new Reader(text, from, bounds).run();
}

/** What a list will become when its parenthesis closes. */
type FrameKind = 'list' | 'struct' | 'array';

/** A list that is still open; an explicit stack of them stands in for recursion, so depth costs no call stack. */
interface Frame {
  readonly kind: FrameKind;
  readonly openAt: number;
  readonly items: Sexp[];
  tail: Sexp | null;
  dotAt: number | null;
}

/** Elements between two looks at the clock. */
const elementsPerClockCheck = 1_024;

class Reader {
  readonly #text: string;
  readonly #limits: SexpLimits;
  readonly #open: Frame[] = [];
  #at: number;
  #elements = 0;
  #error: SexpError | null = null;

  constructor(text: string, from: number, limits: SexpLimits) {
    this.#text = text;
    this.#at = from;
    this.#limits = limits;
  }

  run(): SexpFormReading {
    for (;;) {
      this.#at = skipBlanks(this.#text, this.#at);
      if (this.#at >= this.#text.length) {
        const unclosed = this.#open.at(-1);
        if (unclosed === undefined) return { ok: true, value: null, end: this.#at };
        return refusal('unterminated_list', unclosed.openAt, 'a closing parenthesis', 'the end of the text');
      }
      const element = this.#next();
      if (this.#error !== null) return { ok: false, error: this.#error };
      if (element === null) continue;
      const frame = this.#open.at(-1);
      if (frame === undefined) return { ok: true, value: element, end: this.#at };
      this.#put(frame, element);
    }
  }

  /** Takes one token; null when it opened a list, was a dot, or was refused. */
  #next(): Sexp | null {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 41) return this.#close();
    if (!this.#count()) return null;
    if (code === 40) return this.#push('list', 1);
    if (code === 34) return this.#string();
    if (code === 35) return this.#hash();
    return this.#atom(code);
  }

  #put(frame: Frame, element: Sexp): void {
    if (frame.dotAt === null) frame.items.push(element);
    else if (frame.tail === null) frame.tail = element;
    else this.#fail('bad_dot', frame.dotAt, 'one value after the dot', 'more than one');
  }

  #push(kind: FrameKind, length: number): null {
    if (this.#open.length >= this.#limits.depthMax) {
      return this.#fail('too_deep', this.#at, `at most ${this.#limits.depthMax} open lists`, 'one more');
    }
    this.#open.push({ kind, openAt: this.#at, items: [], tail: null, dotAt: null });
    this.#at += length;
    return null;
  }

  #close(): Sexp | null {
    const frame = this.#open.pop();
    if (frame === undefined) return this.#fail('unexpected_close', this.#at, 'a form', ')');
    if (frame.dotAt !== null && frame.tail === null) {
      return this.#fail('bad_dot', frame.dotAt, 'a value after the dot', ')');
    }
    this.#at += 1;
    if (frame.kind === 'struct') return this.#struct(frame);
    if (frame.kind === 'array') return this.#array(frame);
    return { kind: 'list', items: frame.items, tail: frame.tail };
  }

  /** `#S(HEAD :key value ...)`, as Lisp prints a structure. */
  #struct({ items, tail, openAt }: Frame): Sexp | null {
    const [head, ...rest] = items;
    if (head?.kind !== 'symbol' || tail !== null || rest.length % 2 !== 0) {
      return this.#fail(
        'bad_struct',
        openAt,
        '#S(HEAD :key value ...)',
        `${items.length} items${tail === null ? '' : ' and a dot'}`,
      );
    }
    return { kind: 'struct', head: head.name, items: rest };
  }

  /** `#A((2) base-char . "H1")`, as SBCL prints a string of a special element type: only its text matters. */
  #array({ items, tail, openAt }: Frame): Sexp | null {
    const [dimensions, type] = items;
    const length = dimensions?.kind === 'list' ? dimensions.items[0] : undefined;
    const expected = '#A((length) type . "text")';
    if (items.length !== 2 || length?.kind !== 'int' || type?.kind !== 'symbol' || tail?.kind !== 'string') {
      return this.#fail('bad_array', openAt, expected, excerpt(this.#text, openAt));
    }
    const characters = Array.from(tail.value).length;
    if (characters === length.value) return tail;
    return this.#fail('bad_array', openAt, `${length.value} characters`, `${characters}`);
  }

  #string(): Sexp | null {
    const text = this.#text;
    const openAt = this.#at;
    let value = '';
    let from = openAt + 1;
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        this.#at = at + 1;
        return string(from === openAt + 1 ? text.slice(from, at) : value + text.slice(from, at));
      }
      if (code === 0) return this.#fail('unexpected_character', at, 'text', 'a NUL');
      if (code !== 92) continue;
      if (at + 1 >= text.length) break;
      // Escapes are the one thing inside a string that costs more than its length, so they count as elements.
      if (!this.#count()) return null;
      const escape = readEscape(text, at + 1);
      if (escape.value === '\0') return this.#fail('unexpected_character', at, 'text', 'an escaped NUL');
      value += text.slice(from, at) + escape.value;
      at += escape.length;
      from = at + 1;
    }
    return this.#fail('unterminated_string', openAt, 'a closing quote', 'the end of the text');
  }

  #hash(): Sexp | null {
    const next = this.#text.charCodeAt(this.#at + 1);
    // A vector is a list to whoever reads it.
    if (next === 40) return this.#push('list', 2);
    const opensList = this.#text.charCodeAt(this.#at + 2) === 40;
    if ((next | 32) === 115 && opensList) return this.#push('struct', 3);
    if ((next | 32) === 97 && opensList) return this.#push('array', 3);
    const token = this.#token();
    if (token === null) return null;
    const word = token.toLowerCase();
    if (word === '#t') return boolean(true);
    if (word === '#f') return boolean(false);
    return this.#fail(
      'unsupported_syntax',
      this.#at - token.length,
      '#t, #f, #(, #S( or #A(',
      shorten(token),
    );
  }

  #atom(code: number): Sexp | null {
    if (refusedAtStart(code)) {
      return this.#fail('unexpected_character', this.#at, 'a form', excerpt(this.#text, this.#at));
    }
    const openAt = this.#at;
    const token = this.#token();
    if (token === null) return null;
    if (token === '.') return this.#dot(openAt);
    if (code <= 57 && code >= 43) {
      const number = readNumber(token);
      if (number !== null) return number;
    }
    return symbol(token);
  }

  #dot(at: number): null {
    const frame = this.#open.at(-1);
    if (frame === undefined) return this.#fail('bad_dot', at, 'a form', 'a dot outside of any list');
    if (frame.items.length === 0) return this.#fail('bad_dot', at, 'a value before the dot', 'none');
    if (frame.dotAt !== null) return this.#fail('bad_dot', at, 'one dot in a list', 'a second one');
    frame.dotAt = at;
    return null;
  }

  #token(): string | null {
    const text = this.#text;
    const from = this.#at;
    const stop = Math.min(text.length, from + tokenCharsMax + 1);
    let at = from;
    while (at < stop && !endsToken(text.charCodeAt(at))) at += 1;
    if (at - from > tokenCharsMax) {
      return this.#fail('token_too_long', from, `at most ${tokenCharsMax} characters`, 'more');
    }
    // A control character within a token is binary data; the token ends there and the character is refused next.
    this.#at = at;
    return text.slice(from, at);
  }

  #count(): boolean {
    this.#elements += 1;
    const { elementsMax, deadline } = this.#limits;
    if (this.#elements > elementsMax) {
      this.#fail('too_many_elements', this.#at, `at most ${elementsMax} elements`, 'one more');
      return false;
    }
    if (deadline !== undefined && this.#elements % elementsPerClockCheck === 0) {
      if (deadline.nowMs() > deadline.atMs) {
        this.#fail('too_slow', this.#at, 'the end before the deadline', `${this.#elements} elements by then`);
        return false;
      }
    }
    return true;
  }

  #fail(code: SexpErrorCode, at: number, expected: string, found: string): null {
    this.#error ??= { code, at, expected, found };
    return null;
  }
}

/** Blanks as Python has them (any Unicode space, and the byte-order mark) and comments from `;` to the line's end. */
function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 59) {
      const lineEnd = text.indexOf('\n', at);
      at = lineEnd === -1 ? text.length : lineEnd + 1;
    } else if (isBlank(code)) at += 1;
    else break;
  }
  return at;
}

function isBlank(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13);
  return code >= 0x85 && isWideBlank(code);
}

function isWideBlank(code: number): boolean {
  if (code >= 0x2000 && code <= 0x200a) return true;
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** Blanks and control characters, ( ) " and ; */
function endsToken(code: number): boolean {
  if (code <= 41) return code <= 32 || code === 34 || code === 40 || code === 41;
  return code === 59 || code === 127 || (code >= 0x85 && isWideBlank(code));
}

/**
 * Control characters, the brackets of JSON, and Lisp's quote, backquote, comma and bar: no writer sends them, the
 * readers disagree about them, and a frame of JSON should be named as such instead of becoming a symbol.
 */
function refusedAtStart(code: number): boolean {
  if (code < 32 || code === 127) return true;
  return (
    code === 39 || // '
    code === 44 || // ,
    code === 91 || // [
    code === 93 || // ]
    code === 96 || // `
    (code >= 123 && code <= 125) // { | }
  );
}

function refusal(
  code: SexpErrorCode,
  at: number,
  expected: string,
  found: string,
): { ok: false; error: SexpError } {
  return { ok: false, error: { code, at, expected, found } };
}

const excerpt = (text: string, at: number): string => shorten(text.slice(at, at + 40));

/** Errors are logged and counted: what they quote is short and printable. */
function shorten(found: string): string {
  return JSON.stringify(found.length > 24 ? `${found.slice(0, 24)}…` : found);
}
