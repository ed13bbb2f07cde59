/** What keeps the daemon from being as it should be, and lasts until it is put right: shown red. */
export interface Condition {
  /** Such as `configuration` or `job`. */
  readonly id: string;
  readonly message: string;
  readonly sinceWallMs: number;
}

export class Conditions {
  readonly #wallMs: () => number;
  readonly #present = new Map<string, Condition>();

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  get all(): readonly Condition[] {
    return [...this.#present.values()];
  }

  /** Since the first time that it was told, whatever its message is now. */
  set(id: string, message: string): void {
    const sinceWallMs = this.#present.get(id)?.sinceWallMs ?? this.#wallMs();
    this.#present.set(id, { id, message, sinceWallMs });
  }

  clear(id: string): void {
    this.#present.delete(id);
  }
}
