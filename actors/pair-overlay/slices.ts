/** Work in pieces that are short enough for a worker to be asked for something else in between. */
export interface Slice {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Members whose trades are read at once. */
export const legsAtOnce = 25;

/** Merges of two series at once, about 100 ms of work. */
export const mergesAtOnce = 20_000;

export function evenSlices(count: number, atOnce: number): readonly Slice[] {
  return Array.from({ length: Math.ceil(count / atOnce) }, (_, index) => ({
    from: index * atOnce,
    to: Math.min(count, (index + 1) * atOnce),
  }));
}

/** Row `i` of `legs` meets `legs - 1 - i` others; each slice has at least one row. */
export function rowSlices(legs: number, merges: number = mergesAtOnce): readonly Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  let planned = 0;
  for (let row = 0; row < legs; row += 1) {
    planned += legs - 1 - row;
    if (planned < merges && row < legs - 1) continue;
    slices.push({ from, to: row + 1 });
    from = row + 1;
    planned = 0;
  }
  return slices;
}
