import { describeSexpError, readSexp, type Sexp, type SexpLimits } from '../sexp/index.js';
import { sexpFromJson } from './json-form.js';

/** Why a frame is not the message that was looked for. */
export type WireErrorCode =
  | 'too_large'
  | 'not_utf8'
  | 'bad_sexp'
  | 'bad_json'
  | 'wrong_type'
  | 'missing_request_id'
  | 'missing_field'
  | 'bad_field'
  | 'unsupported_field';

/**
 * Foreign bytes are weather, so this is a value. `requestId` and `strategyName` are what could still be read, so that
 * the sender can be answered.
 */
export interface WireError {
  readonly code: WireErrorCode;
  /** Path of the field, such as `strategy.sl`; null when the whole frame is meant. */
  readonly field: string | null;
  readonly expected: string;
  readonly found: string;
  readonly requestId: string | null;
  readonly strategyName: string | null;
}

/** Something that was repaired or passed over; reported, never silent. */
export interface WireWarning {
  readonly code: 'volume_defaulted' | 'label_converted' | 'ignored_field';
  readonly field: string;
  readonly detail: string;
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly WireWarning[] }
  | { readonly ok: false; readonly error: WireError };

export interface DecodeOptions {
  /**
   * Checked before anything is parsed.
   * @defaultValue 16 MiB, which holds 100,000 inline bars or 300,000 trades; a caller on the main thread passes less
   */
  readonly bytesMax?: number;
  readonly limits?: Partial<Pick<SexpLimits, 'depthMax' | 'elementsMax' | 'deadline'>>;
}

export const frameBytesMax = 16 * 1024 * 1024;

/** JSON has no reader of ours that could stop half-way: a megabyte of brackets takes a third of a second to parse. */
const jsonBytesMax = 1024 * 1024;

/** The value that a frame holds: an S-expression, or JSON of the same shape when it begins with a brace. */
export function readFrame(
  frame: Uint8Array | string,
  { bytesMax = frameBytesMax, limits = {} }: DecodeOptions,
): { readonly ok: true; readonly value: Sexp } | { readonly ok: false; readonly error: WireError } {
  const bytes = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.byteLength;
  if (bytes > bytesMax) return wireError('too_large', null, `at most ${bytesMax} bytes`, `${bytes}`);
  const text = typeof frame === 'string' ? frame : decodeUtf8(frame);
  if (text === null) return wireError('not_utf8', null, 'UTF-8', `${bytes} bytes that are not`);
  if (/^\s*\{/.test(text)) {
    if (bytes > jsonBytesMax) {
      return wireError('too_large', null, `at most ${jsonBytesMax} bytes of JSON`, `${bytes}`);
    }
    const value = sexpFromJson(text, limits);
    return value.ok ? value : wireError('bad_json', null, value.expected, value.found);
  }
  const reading = readSexp(text, { ...limits, charsMax: bytesMax });
  if (reading.ok) return reading;
  return wireError('bad_sexp', null, 'one S-expression', describeSexpError(reading.error));
}

export function wireError(
  code: WireErrorCode,
  field: string | null,
  expected: string,
  found: string,
): { readonly ok: false; readonly error: WireError } {
  return { ok: false, error: { code, field, expected, found, requestId: null, strategyName: null } };
}

/** One line for people. */
export function describeWireError({ code, field, expected, found }: WireError): string {
  return `${code}${field === null ? '' : ` in ${field}`}: expected ${expected}, found ${found}`;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
