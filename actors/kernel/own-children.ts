import { eachInTurn } from './each-in-turn.js';
import { noproc, shutdown } from '../../protocols/exit-reason.js';
import type { StartFailure } from './behavior.js';
import type { Actor } from './actor.js';
import { OutcomeEntry } from './asks.js';
import { InvalidSpec } from './child-spec.js';
import type { ChildSpec } from './child-spec.js';
import type { Process, StartOutcome } from './process.js';

/** Children that an actor started itself: temporary, and stopped with the incarnation that started them. */
export class OwnChildren {
  readonly #actor: Actor;
  readonly #children = new Map<string, Process>();
  /** Of dead incarnations, still on their way down. */
  readonly #stopping = new Set<Process>();

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  get list(): readonly Process[] {
    return [...this.#stopping, ...this.#children.values()];
  }

  get stopping(): boolean {
    return this.#stopping.size > 0;
  }

  /** @throws InvalidSpec */
  reserve(spec: ChildSpec): Process {
    const actor = this.#actor;
    const problem = spec.problem();
    if (problem !== undefined) throw new InvalidSpec(`${actor.path}/${spec.id}: ${problem}`);
    if (this.#children.has(spec.id))
      throw new InvalidSpec(`${actor.path}: a child "${spec.id}" exists already`);
    const child = spec.create({ kernel: actor.kernel, parent: actor, place: actor.place });
    this.#children.set(spec.id, child);
    return child;
  }

  start(child: Process, onFailure: ((failure: StartFailure) => unknown) | undefined): void {
    if (onFailure === undefined) {
      child.start(this.#onStarted);
      return;
    }
    const actor = this.#actor;
    const { incarnation } = actor;
    child.start((outcome) => {
      this.#onStarted(outcome, child);
      if (outcome.type === 'started' || actor.incarnation !== incarnation || !actor.alive) return;
      const reason = outcome.type === 'failed' ? outcome.reason : noproc;
      actor.deliverControl(undefined, new OutcomeEntry(() => onFailure(child.startFailure(reason))));
    });
  }

  readonly #onStarted = (outcome: StartOutcome, child: Process): void => {
    if (outcome.type !== 'started') this.forget(child);
  };

  stop(child: Process): void {
    // Asked again, it keeps the limit that it was given.
    if (this.#children.get(child.id) !== child || (child.alive && child.askedToStopMs !== undefined)) return;
    this.#actor.kernel.stopWithin(child, shutdown, () => this.forget(child));
  }

  /** The id is free once nothing of the child is left. */
  forget(child: Process): void {
    if (child.lingering) {
      child.whenSettled(() => {
        this.#release(child);
      });
    } else this.#release(child);
  }

  #release(child: Process): void {
    if (this.#children.get(child.id) === child) this.#children.delete(child.id);
    child.leave();
  }

  /** In reverse order, one after another, as any subtree stops. */
  stopAll(onAllGone: () => void): void {
    const children = [...this.#children.values()];
    this.#children.clear();
    for (const child of children) this.#stopping.add(child);
    const { kernel } = this.#actor;
    eachInTurn(
      children.reverse(),
      (child, gone) => {
        kernel.stopWithin(child, shutdown, () => {
          this.#stopping.delete(child);
          child.leave();
          gone();
        });
      },
      onAllGone,
    );
  }
}
