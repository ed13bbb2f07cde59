/**
 * Uniform numbers in [0, 1) that the same text always brings forth again. FNV-1a makes the seed, mulberry32 the numbers:
 * good enough for drawing, and for nothing secret.
 */
export function seededDraws(seedText: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < seedText.length; at += 1)
    state = Math.imul(state ^ seedText.charCodeAt(at), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
