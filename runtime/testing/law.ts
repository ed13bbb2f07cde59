import type { KernelEvent } from '../../actors/kernel/events.js';
import type { StopReport } from '../system.js';
import type { Turn } from './observed-tree.js';
import type { SimulatedSystem } from './simulated-system.js';

/** What is wrong, with the paths that it concerns written out, so that the story can tell of them; undefined when nothing is. */
export type Broken = string | undefined;

/**
 * Something that must be true of a system at every moment, or at certain ones. The first that is broken ends the run.
 *
 * A law is made anew for each run, so it may remember.
 */
export interface Law {
  readonly name: string;
  /** Everything that the kernel tells, as it happens. */
  event?(event: KernelEvent): Broken;
  /** A behaviour is about to be called, with this state. */
  turnBegan?(turn: Turn, state: unknown): Broken;
  /** It ended; if it returned, its effects come next. */
  turnEnded?(turn: Turn): Broken;
  /** Turns and their effects are complete; those of handlers that wait for something are in flight. */
  afterTurn?(): Broken;
  /** Nothing fails any more, and everything has come to rest. */
  atRest?(): Broken;
  /** The tree is down. */
  stopped?(report: StopReport): Broken;
}

export type LawOf = (run: SimulatedSystem) => Law;
