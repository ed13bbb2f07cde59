/** What one reading may cost. A reader of foreign bytes without limits is a way to stop the process. */
export interface SexpLimits {
  /**
   * Open lists at once.
   * @defaultValue 128, the depth at which Guardian itself gives up; a strategy import passes 64.
   */
  readonly depthMax: number;
  /**
   * UTF-16 units of text.
   * @defaultValue 16 Mi: 100,000 inline bars, the largest honest message, are about 9 million.
   */
  readonly charsMax: number;
  /**
   * Atoms, lists and string escapes together; each costs some 60 bytes of memory, whatever its text costs.
   * @defaultValue 2,000,000: the same 100,000 bars are 1.9 million.
   */
  readonly elementsMax: number;
  /** Gives up with `too_slow` once `nowMs()` has passed `atMs`; looked at every 1,024 elements. None by default. */
  readonly deadline?: { readonly nowMs: () => number; readonly atMs: number } | undefined;
}

export const sexpLimits: SexpLimits = { depthMax: 128, charsMax: 16 * 1024 * 1024, elementsMax: 2_000_000 };

/** Longest symbol or number: a longer run is binary data, and a bigint of a million digits would take minutes. */
export const tokenCharsMax = 1_024;
