import type { Actor } from './actor.js';
import { OutcomeEntry } from './asks.js';
import type { Settled } from './behavior.js';

/** A driver's work ends as a message of the incarnation that began it; what comes too late is counted. */
export function pipe(
  actor: Actor,
  work: Promise<unknown>,
  toMessage: (settled: Settled<unknown>) => unknown,
  mayNeverEnd: boolean,
): void {
  const { kernel, incarnation } = actor;
  const counted = mayNeverEnd ? 0 : 1;
  kernel.pipes += counted;
  const settle = (settled: Settled<unknown>): void => {
    kernel.guard(actor, () => {
      kernel.pipes -= counted;
      kernel.touch();
      if (actor.incarnation !== incarnation || !actor.alive) kernel.counts.fencedEffects++;
      else actor.deliverControl(undefined, new OutcomeEntry(() => toMessage(settled)));
    });
  };
  work.then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => settle({ ok: false, error }),
  );
}
