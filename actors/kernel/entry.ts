import type { ExitReason } from '../../protocols/exit-reason.js';

/**
 * What travels beside a message: nothing, the sender, or an `Entry`.
 * Most messages need no more than their sender, and three plain columns hold those without allocating.
 */
export class Entry {
  /** Outside the bound: timers, Downs, exits, outcomes of asks, stop requests. */
  readonly control: boolean;
  /** Of a control entry: the life that it is for. The mail of a crashed actor is kept, and this is void in it. */
  incarnation = 0;
  constructor(control: boolean) {
    this.control = control;
  }
}

/** A trapping actor was asked to stop: served in its turn, behind the mail that came before. */
export class StopEntry extends Entry {
  constructor(readonly reason: ExitReason) {
    super(true);
  }
}

/** An exit signal that is trapped. */
export class ExitEntry extends Entry {}

export const isControl = (companion: unknown): companion is Entry =>
  companion instanceof Entry && companion.control;
