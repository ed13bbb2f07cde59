/**
 * What a value weighs, estimated: 8 bytes each for numbers and places, 2 for a character, and the bytes of buffers.
 * Stops as soon as it is more than `limit`, so that weighing a flood costs no more than the limit does.
 */
export function weigh(value: unknown, limit: number): number {
  const open: unknown[] = [value];
  const seen = new Set<object>();
  let bytes = 0;
  while (open.length > 0 && bytes <= limit) {
    const next = open.pop();
    bytes += 8;
    if (typeof next === 'string') bytes += 2 * next.length;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (ArrayBuffer.isView(next)) bytes += next.byteLength;
    else if (next instanceof ArrayBuffer || next instanceof SharedArrayBuffer) bytes += next.byteLength;
    else if (next instanceof Map) for (const pair of next) open.push(...pair);
    else if (next instanceof Set) for (const one of next) open.push(one);
    // An array is walked in pieces: a million places pushed at once would be the flood itself.
    else if (Array.isArray(next)) bytes += weighArray(next, open, limit - bytes);
    else for (const key of Object.keys(next)) open.push(key, (next as Record<string, unknown>)[key]);
  }
  return bytes;
}

function weighArray(values: readonly unknown[], open: unknown[], limit: number): number {
  let bytes = 8 * values.length;
  if (bytes > limit) return bytes;
  for (const value of values) {
    if (typeof value === 'string') bytes += 2 * value.length;
    else if (typeof value === 'object' && value !== null) open.push(value);
  }
  return bytes;
}
