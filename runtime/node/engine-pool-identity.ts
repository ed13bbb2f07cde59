import {
  decodeBacktestRequest,
  encodeBacktestResult,
  type BacktestAnswer,
} from '../../protocols/backtest-wire/index.js';

/** Whom an answer is for, as far as the request says. */
export interface RequestIdentity {
  readonly requestId: string | null;
  readonly strategyName: string | null;
}

/** Up to here a request is decoded on the main thread, some 2 ms; a longer one is only searched for its id. */
const decodeBytesMax = 64 * 1024;

/** Occurrences looked at, and bytes of each: a frame of nothing but near misses must not cost more than one of data. */
const triesMax = 16;
const tryBytes = 512;

const key = 'request_id';
const sexpId = /^\(request_id\s+\.\s+"([^"\\\p{Cc}\uFFFD]{1,200})"\s*\)/u;
const jsonId = /^"request_id"\s*:\s*"([^"\\\p{Cc}\uFFFD]{1,200})"/u;

/**
 * Finds whom to tell that a request came to nothing without an engine's answer: its worker died, or it is too large to
 * be read. The id of a large one is found as Swimmy's Service finds it, by its text; in a string it cannot be met,
 * because quotes are escaped there.
 */
export function identify(frame: Uint8Array): RequestIdentity {
  if (frame.byteLength <= decodeBytesMax) {
    const decoded = decodeBacktestRequest(frame);
    if (decoded.ok) return { requestId: decoded.value.requestId, strategyName: decoded.value.strategy.name };
    if (decoded.error.requestId !== null) return decoded.error;
  }
  return { requestId: searchId(frame), strategyName: null };
}

function searchId(frame: Uint8Array): string | null {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = bytes.indexOf(key);
  for (let tries = 0; at > 0 && tries < triesMax; tries++) {
    const text = bytes.toString('utf8', at - 1, at - 1 + tryBytes);
    const id = (sexpId.exec(text) ?? jsonId.exec(text))?.[1];
    if (id !== undefined) return id;
    at = bytes.indexOf(key, at + key.length);
  }
  return null;
}

/** A coded failure for the asker of `frame`, ready for the wire. */
export function failureAnswer(identity: RequestIdentity, code: string, message: string): Uint8Array {
  const { requestId, strategyName } = identity;
  const answer: BacktestAnswer = { kind: 'failed', requestId, strategyName, code, message };
  return new TextEncoder().encode(encodeBacktestResult(answer));
}
