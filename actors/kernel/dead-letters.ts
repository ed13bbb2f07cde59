/** Why a message was not handled. */
export type DeadLetterReason =
  | 'mailbox_full'
  | 'stopped'
  | 'dropped_oldest'
  | 'dropped_newest'
  | 'conflated'
  | 'expired'
  | 'crashed'
  | 'ask_failed'
  | 'not_understood';

/** A message that reached nobody. Its identity is its id, never its payload. */
export interface DeadLetter {
  readonly id: number;
  readonly reason: DeadLetterReason;
  readonly recipient: string;
  readonly incarnation: number;
  /** Path of the sender; undefined when it came from outside the tree. */
  readonly sender: string | undefined;
  readonly message: unknown;
  /** How often it was tried, and what each try threw. */
  readonly attempts: number;
  readonly errors: readonly unknown[];
  readonly wallMs: number;
}

/**
 * The newest dead letters of a system in memory, and a count of all by reason. Oldest out first; what age took is
 * counted. A store that must survive the process listens to the kernel's events.
 */
export class DeadLetters {
  readonly #capacity: number;
  readonly #letters = new Map<number, DeadLetter>();
  readonly #counts = new Map<DeadLetterReason, number>();
  #next = 1;
  #agedOut = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param id of a letter that was redriven and came back */
  keep(letter: Omit<DeadLetter, 'id'>, id = this.#next++): DeadLetter {
    const kept = { id, ...letter };
    this.#counts.set(kept.reason, (this.#counts.get(kept.reason) ?? 0) + 1);
    this.#letters.set(kept.id, kept);
    if (this.#letters.size > this.#capacity) {
      const oldest = this.#letters.keys().next();
      if (oldest.done !== true) this.#letters.delete(oldest.value);
      this.#agedOut++;
    }
    return kept;
  }

  /** Oldest first. */
  list(): readonly DeadLetter[] {
    return [...this.#letters.values()];
  }

  get(id: number): DeadLetter | undefined {
    return this.#letters.get(id);
  }

  /** Only for a letter that its recipient has accepted again. */
  remove(id: number): boolean {
    return this.#letters.delete(id);
  }

  get total(): number {
    return this.#next - 1;
  }

  get agedOut(): number {
    return this.#agedOut;
  }

  counts(): Readonly<Partial<Record<DeadLetterReason, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
