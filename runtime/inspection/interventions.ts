import type { InterventionRow } from '../../protocols/repl-answers.js';

/** Shown afterwards; the log has all. */
const keptMax = 200;

/** What people changed by hand: kept to be shown, counted for the metrics, and told to the log. */
export class Interventions {
  readonly #rows: InterventionRow[] = [];
  readonly #counts = new Map<string, number>();
  readonly #onRecord: (row: InterventionRow) => void;

  /** @param onRecord told of each, such as a log */
  constructor(onRecord: (row: InterventionRow) => void = () => undefined) {
    this.#onRecord = onRecord;
  }

  record(row: InterventionRow): void {
    this.#counts.set(row.verb, (this.#counts.get(row.verb) ?? 0) + 1);
    this.#rows.push(row);
    if (this.#rows.length > keptMax) this.#rows.shift();
    this.#onRecord(row);
  }

  /** Newest first. */
  list(limit: number): readonly InterventionRow[] {
    return this.#rows.slice(-limit).reverse();
  }

  /** By verb, since the start. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
