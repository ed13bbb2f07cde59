/** Names beyond this length are compared by their beginnings. */
const charsMax = 120;

/** Names that somebody who typed `wanted` may have meant, the nearest first: those that hold it, then by edits. */
export function nearestNames(wanted: string, names: readonly string[], count: number): readonly string[] {
  const sought = wanted.toLowerCase().slice(0, charsMax);
  return names
    .map((name) => {
      const low = name.toLowerCase().slice(0, charsMax);
      const holds = sought.length > 0 && (low.includes(sought) || sought.includes(low));
      return { name, distance: holds ? Math.abs(low.length - sought.length) / charsMax : edits(sought, low) };
    })
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Insertions, deletions and replacements between two texts (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
