/** What one import may cost. */
export interface ImportLimits {
  /** @defaultValue 64 MiB: a hundred times all that Swimmy ever stored */
  readonly bytesMax: number;
  /** Lines with something on them. @defaultValue 100,000 */
  readonly linesMax: number;
  /** UTF-16 units of one line. @defaultValue 262,144 */
  readonly lineCharsMax: number;
  /** Lists within lists of one line. @defaultValue 64 */
  readonly depthMax: number;
}

export const importLimits: ImportLimits = {
  bytesMax: 64 * 1024 * 1024,
  linesMax: 100_000,
  lineCharsMax: 262_144,
  depthMax: 64,
};

/** Atoms and lists of one line: as many as 262,144 characters can hold with a blank between. */
export const lineElementsMax = 131_072;

/** Longer names are no names; they would be carried in every message and shown in every table. */
export const nameCharsMax = 200;
