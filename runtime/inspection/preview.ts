import { types } from 'node:util';
import { typeOf } from '../../actors/kernel/message-type.js';

/** A person wants to recognise a message, not to read all of it; and looking must cost next to nothing. */
const limits = { charsMax: 300, textCharsMax: 80, depthMax: 3, itemsMax: 8 } as const;

const secretKey =
  /token|secret|passw|passphrase|credential|authorization|cookie|webhook|api[-_]?key|private[-_]?key/i;
/** A webhook's path is its password; so is the part before the @ of an address. */
const secretInText = [
  [/(\/webhooks\/)[^\s"'<>]+/gi, '$1***'],
  [/(\/\/)[^\s/@"']+@/g, '$1***@'],
  [/\b(bearer|basic)\s+[\w+/=.~-]+/gi, '$1 ***'],
  [/([?&](?:token|key|secret|password|signature)=)[^\s&"']+/gi, '$1***'],
] as const;

export const withoutSecrets = (text: string): string =>
  secretInText.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), text);

/**
 * A value as one short line, for people. No code of the value runs: getters, proxies and `toJSON` are named, not asked.
 */
export function preview(value: unknown): string {
  const text = shown(value, limits.depthMax);
  return text.length > limits.charsMax ? `${text.slice(0, limits.charsMax)}...` : text;
}

function shown(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return '[function]';
    case 'symbol':
      return '[symbol]';
    case 'object':
      return value === null ? 'null' : objectOf(value, depth);
    default:
      return String(value);
  }
}

function textOf(text: string): string {
  // Cut before it is looked through: a text may be long. What stands at the cut may be the half of a secret.
  const clean = withoutSecrets(text.slice(0, 4 * limits.textCharsMax));
  const cut = clean.length > limits.textCharsMax || text.length > 4 * limits.textCharsMax;
  return cut
    ? `${JSON.stringify(clean.slice(0, limits.textCharsMax))}... (${text.length} characters)`
    : JSON.stringify(clean);
}

function objectOf(value: object, depth: number): string {
  if (types.isProxy(value)) return '[proxy]';
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  if (types.isDate(value)) return `[date ${Date.prototype.getTime.call(value)}]`;
  if (types.isMap(value) || types.isSet(value)) return `[${types.isMap(value) ? 'map' : 'set'}]`;
  if (types.isNativeError(value)) return '[error]';
  if (depth === 0) return Array.isArray(value) ? `[${value.length} items]` : '{...}';
  if (Array.isArray(value)) {
    const items = value.slice(0, limits.itemsMax).map((item) => shown(item, depth - 1));
    return `[${items.join(', ')}${value.length > limits.itemsMax ? `, ... ${value.length} items` : ''}]`;
  }
  return fieldsOf(value, depth);
}

function fieldsOf(value: object, depth: number): string {
  const fields: string[] = [];
  for (const key in value) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) continue;
    if (fields.length === limits.itemsMax) {
      fields.push('...');
      break;
    }
    const held: unknown = 'value' in descriptor ? descriptor.value : undefined;
    const text = !('value' in descriptor)
      ? '[getter]'
      : secretKey.test(key) && held !== null && typeof held !== 'boolean'
        ? '***'
        : shown(held, depth - 1);
    fields.push(`${key}: ${text}`);
  }
  return `{ ${fields.join(', ')} }`;
}

/** The discriminant of a message, shortened. */
export const typeLabel = (message: unknown): string => {
  if (typeof message === 'object' && message !== null && types.isProxy(message)) return 'proxy';
  return (typeOf(message) ?? 'undefined').slice(0, 100);
};
