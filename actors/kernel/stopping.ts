import type { GoneListener, Process } from './process.js';
import { Timer } from './timers.js';

/** One process on its way down: killed when its shutdown time is over, done when nothing of it is left. */
export class Stopping extends Timer implements GoneListener {
  readonly #onGone: () => void;
  isGone = false;

  constructor(
    readonly process: Process,
    onGone: () => void,
  ) {
    super();
    this.#onGone = onGone;
  }

  ring(): void {
    this.process.kill();
  }

  /** Whoever stops it now has a limit of its own. */
  forgotten(): void {
    this.process.kernel.timers.cancel(this);
  }

  gone(): void {
    this.isGone = true;
    this.process.kernel.timers.cancel(this);
    this.process.whenSettled(this.#onGone);
  }
}
