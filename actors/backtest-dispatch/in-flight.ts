/**
 * The attempts that are out. Changed in place, unlike the rest of the dispatcher's state: two steps of each of thousands
 * of lives a second would otherwise copy all of it. No turn can leave half a change behind, because a dispatcher whose turn
 * crashed is gone with its state, and its successor takes the leases back from the rows.
 */
export interface Out {
  readonly session: string;
  /** Left our socket: only then can it have had a part in a crash. */
  readonly sent: boolean;
  /** Monotonic; when it was leased, until it is known when it left. */
  readonly sinceMs: number;
  readonly bytes: number;
}

export class InFlight {
  readonly #outs = new Map<string, Out>();
  #bytes = 0;

  get size(): number {
    return this.#outs.size;
  }

  /** Of all payloads together. */
  get bytes(): number {
    return this.#bytes;
  }

  get ids(): readonly string[] {
    return [...this.#outs.keys()];
  }

  get(attemptId: string): Out | undefined {
    return this.#outs.get(attemptId);
  }

  /** Those of a session that have left our socket, or those that have not. */
  of(session: string | undefined, sent: boolean): readonly string[] {
    return [...this.#outs].flatMap(([id, out]) => (out.session === session && out.sent === sent ? [id] : []));
  }

  add(attemptId: string, out: Out): void {
    this.remove(attemptId);
    this.#outs.set(attemptId, out);
    this.#bytes += out.bytes;
  }

  /** It has left our socket. */
  sent(attemptId: string, sinceMs: number): void {
    const out = this.#outs.get(attemptId);
    if (out !== undefined) this.#outs.set(attemptId, { ...out, sent: true, sinceMs });
  }

  remove(attemptId: string): void {
    const out = this.#outs.get(attemptId);
    if (out === undefined) return;
    this.#outs.delete(attemptId);
    this.#bytes -= out.bytes;
  }
}
