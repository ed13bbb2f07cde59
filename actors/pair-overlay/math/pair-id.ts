import { createHash } from 'node:crypto';
import { compareCodePoints } from './code-points.js';

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
const modulus = 1n << 64n;

/** FNV-1a, 64 bits, over code points instead of bytes (domain 4.7): 16 upper-case hexadecimal digits. */
export function fnv1a64(text: string): string {
  let hash = offsetBasis;
  for (const character of text) hash = ((hash ^ BigInt(character.codePointAt(0) ?? 0)) * prime) % modulus;
  return hash.toString(16).toUpperCase().padStart(16, '0');
}

/**
 * The id by which Swimmy knows a pair: an alias, no identity. It changes with a display name, and a name that holds
 * the separator collides (domain 4.7).
 */
export function legacyPairId(nameA: string, nameB: string): string {
  const [smaller, larger] = compareCodePoints(nameA, nameB) <= 0 ? [nameA, nameB] : [nameB, nameA];
  return fnv1a64(`${smaller}|${larger}`);
}

/** Our own identity of a pair: its strategies' immutable ids, in order, each behind its length so that none can lean over. */
export function pairIdOf(strategyA: string, strategyB: string): string {
  const parts = [strategyA, strategyB].sort(compareCodePoints).map((id) => `${Array.from(id).length}:${id}`);
  return `pair-${createHash('sha256').update(parts.join('')).digest('hex').slice(0, 40)}`;
}
