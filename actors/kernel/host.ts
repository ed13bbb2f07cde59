import type { Capabilities } from './capabilities.js';

declare const place: unique symbol;
/** An actor's node in the host's own tree. */
export type Place = { readonly [place]?: never };

/** What a place belongs to: foreign code that sends to the place reaches the resident's bounded mailbox. */
export interface Resident {
  deliverForeign(message: unknown): void;
}

/** How the run queue gets to run. */
export interface Wakers {
  /** Drains after the current step, and before timers and I/O. */
  soon(): void;
  /** Drains after timers and I/O had their turn. */
  later(): void;
}

/**
 * The ground the kernel stands on: it keeps the tree of places and says when the kernel may run.
 *
 * Two hosts exist, nact for production and a seeded simulation for tests; one contract suite holds both.
 */
export interface Host extends Capabilities {
  /** @param parent `undefined` for the root of the tree. */
  occupy(parent: Place | undefined, name: string, resident: Resident): Place;
  /** The kernel vacates children before their parents. */
  vacate(place: Place): void;
  /** What foreign code may address the place by; undefined where there is no foreign code. */
  foreignReference(place: Place): object | undefined;
  /** Binds the kernel's run queue; called once, before anything else. */
  schedule(drain: () => void): Wakers;
  /**
   * Time slice of one drain: after so many messages or so many ms the host's loop gets its turn.
   * `burst`: entries one actor may handle before the next ready actor gets its turn. @defaultValue 16
   */
  readonly budget: { readonly messages: number; readonly ms: number; readonly burst?: number };
  /** Chooses among `ready` actors; always 0 (first in, first out) outside simulation. */
  choose(ready: number): number;
  /** Keeps the process alive until the function returned is called. */
  hold(): () => void;
  close(): void;
}
