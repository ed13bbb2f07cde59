/** A message that reached nobody, written down: what can be written of it, and what it was where that is nothing. */
import type { DeadLetter } from '../kernel/dead-letters.js';
import { describeError } from '../../protocols/exit-reason.js';
import type { Letter } from '../../protocols/dead-letters.js';

export const defaults = { payloadCharsMax: 64 * 1024, errorsMax: 10, errorCharsMax: 2_000 } as const;

/** Letters of one process have their number; with the process's own id they have one for good. */
export function letterOf(letter: DeadLetter, bootId: string): Letter {
  const { message, errors } = letter;
  return {
    letterId: `${bootId}-${letter.id}`,
    atWallMs: letter.wallMs,
    reason: letter.reason,
    recipient: letter.recipient,
    sender: letter.sender ?? null,
    incarnation: letter.incarnation,
    messageType: messageType(message),
    payloadVersion: 1,
    payloadJson: payloadJson(message),
    payloadType: payloadType(message),
    attempts: letter.attempts,
    errorsJson: JSON.stringify(
      errors.slice(-defaults.errorsMax).map((error) => describeError(error).slice(0, defaults.errorCharsMax)),
    ),
  };
}

/** Its discriminant; the kind of value where it has none. */
function messageType(message: unknown): string {
  if (typeof message !== 'object' || message === null) return typeof message;
  const { type } = message as { readonly type?: unknown };
  return typeof type === 'string' ? type.slice(0, 200) : payloadType(message);
}

function payloadType(message: unknown): string {
  if (message === null) return 'null';
  if (typeof message !== 'object') return typeof message;
  const { name } = message.constructor as { readonly name?: unknown };
  const size = message instanceof Uint8Array ? ` of ${message.byteLength} bytes` : '';
  return `${typeof name === 'string' && name !== '' ? name : 'object'}${size}`;
}

/** What would come back as something else is not written at all: a letter must be redriven as it was, or not. */
function payloadJson(message: unknown): string | null {
  try {
    const json = JSON.stringify(message, refuseUnwritable) as string | undefined;
    return json === undefined || json.length > defaults.payloadCharsMax ? null : json;
  } catch {
    return null;
  }
}

class NotWritable extends Error {}

function refuseUnwritable(_key: string, value: unknown): unknown {
  const isPlain =
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Object.getPrototypeOf(value) === Object.prototype ||
    Object.getPrototypeOf(value) === null;
  const isLost =
    typeof value === 'function' ||
    typeof value === 'symbol' ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && !Number.isFinite(value));
  if (!isPlain || isLost) throw new NotWritable();
  return value;
}
