/** What the legs of each pair have out, by the call that asked for it. Changed in place: it is met with every lot. */
export class Ledger {
  readonly #byPair = new Map<string, Map<string, number>>();
  readonly #pairOf = new Map<string, string>();

  get grants(): number {
    return this.#pairOf.size;
  }

  usedLots(pairId: string): number {
    let used = 0;
    for (const lot of this.#byPair.get(pairId)?.values() ?? []) used += lot;
    return used;
  }

  take(pairId: string, callId: string, lot: number): void {
    const grants = this.#byPair.get(pairId) ?? new Map<string, number>();
    this.#byPair.set(pairId, grants.set(callId, lot));
    this.#pairOf.set(callId, pairId);
  }

  /** Nothing for a call that has nothing out. */
  release(callId: string): void {
    const pairId = this.#pairOf.get(callId);
    if (pairId === undefined) return;
    this.#pairOf.delete(callId);
    const grants = this.#byPair.get(pairId);
    grants?.delete(callId);
    if (grants?.size === 0) this.#byPair.delete(pairId);
  }

  list(): readonly { readonly pairId: string; readonly usedLots: number; readonly grants: number }[] {
    return [...this.#byPair].map(([pairId, grants]) => ({
      pairId,
      usedLots: this.usedLots(pairId),
      grants: grants.size,
    }));
  }
}
