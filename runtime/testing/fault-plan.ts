import { seededRandom } from './random.js';

/**
 * Where something may go wrong.
 *
 * - `crash_in_handler`: a handler throws, before or after it did its work. `crash_in_init`, `crash_in_terminate` likewise.
 * - `slow_handler`: a handler takes up to `slowMsMax` of virtual time, before or after it did its work.
 * - `mailbox_full`: for a while a mailbox has room for one message only.
 * - `kill`: any process but the root is killed, supervisors included.
 * - `clock_jump`: the wall clock goes up to an hour forwards or back.
 * - `sleep`: the machine sleeps, and everything that fell due meanwhile is late.
 * - `worker_dies`, `worker_hangs`: a simulated worker ends, or never answers; see `simulatedWorkers`.
 */
export type FaultPoint =
  | 'crash_in_handler'
  | 'crash_in_init'
  | 'crash_in_terminate'
  | 'slow_handler'
  | 'mailbox_full'
  | 'kill'
  | 'clock_jump'
  | 'sleep'
  | 'worker_dies'
  | 'worker_hangs';

/** How likely each is, at each opportunity. Most opportunities are turns. */
const CHANCES: Readonly<Record<FaultPoint, number>> = {
  crash_in_handler: 0.02,
  crash_in_init: 0.1,
  crash_in_terminate: 0.1,
  slow_handler: 0.03,
  mailbox_full: 0.01,
  kill: 0.004,
  clock_jump: 0.002,
  sleep: 0.002,
  worker_dies: 0.05,
  worker_hangs: 0.05,
};

export interface FaultOptions {
  /** Decides which opportunities become faults. */
  readonly seed: number;
  /** Faults in all; when they are used up nothing fails any more. @defaultValue 20 */
  readonly budget?: number;
  /** Per opportunity, 0 to 1, where it differs from the default; 0 turns a point off. */
  readonly chances?: Partial<Readonly<Record<FaultPoint, number>>>;
  /** Longest delay of a slow handler and of a full mailbox, ms. @defaultValue 200 */
  readonly slowMsMax?: number;
}

export interface InjectedFault {
  readonly point: FaultPoint;
  /** Path or id of what it hit; undefined where it hits all. */
  readonly where: string | undefined;
}

/** What a handler with a fault throws. */
export class FaultInjected extends Error {
  override readonly name = 'FaultInjected';
  constructor(
    readonly point: FaultPoint,
    when: string,
  ) {
    super(`${point}, ${when}`);
  }
}

/** Draws faults from a seed, until the budget is used up or it is told to heal. */
export class FaultPlan {
  readonly budget: number;
  readonly slowMsMax: number;
  /** Everything that was made to fail, in order. */
  readonly injected: InjectedFault[] = [];
  readonly #chances: Readonly<Record<FaultPoint, number>>;
  readonly #random: () => number;
  readonly #onHeal: (() => void)[] = [];
  #armed = false;
  onInjected: ((fault: InjectedFault) => void) | undefined = undefined;

  /** @throws RangeError for a chance that is none, or a budget below 0 */
  constructor(options: FaultOptions) {
    const { seed, budget = 20, chances = {}, slowMsMax = 200 } = options;
    for (const [point, chance] of Object.entries(chances))
      if (!Object.hasOwn(CHANCES, point) || !(chance >= 0 && chance <= 1))
        throw new RangeError(`chances: expected 0 to 1 for a fault point, got ${point}: ${chance}`);
    if (!(budget >= 0)) throw new RangeError(`budget: expected 0 or more, got ${budget}`);
    if (!(slowMsMax >= 1 && slowMsMax < Infinity))
      throw new RangeError(`slowMsMax: expected 1 ms or more, got ${slowMsMax}`);
    this.budget = budget;
    this.slowMsMax = slowMsMax;
    this.#chances = { ...CHANCES, ...chances };
    this.#random = seededRandom(seed);
  }

  /** From now on things may fail; before, a tree can start in peace. */
  arm(): void {
    this.#armed = true;
  }

  /** From now on nothing fails. What lasts, such as a full mailbox, ends at once. */
  heal(): void {
    this.#armed = false;
    for (const end of this.#onHeal.splice(0)) end();
  }

  /** Whether things may fail at present. */
  get armed(): boolean {
    return this.#armed && this.injected.length < this.budget;
  }

  /** One opportunity. @returns true when it is to fail, which then counts against the budget */
  strikes(point: FaultPoint, where: () => string | undefined): boolean {
    if (!this.armed) return false;
    const chance = this.#chances[point];
    if (chance === 0 || this.#random() >= chance) return false;
    const fault = { point, where: where() };
    this.injected.push(fault);
    this.onInjected?.(fault);
    return true;
  }

  /** Uniform in [0, 1), from the plan's own stream: how long, which one, before or after. */
  draw(): number {
    return this.#random();
  }

  /** @param end is called when the plan heals, unless the function returned was called before */
  untilHealed(end: () => void): () => void {
    this.#onHeal.push(end);
    return () => {
      const at = this.#onHeal.indexOf(end);
      if (at < 0) return;
      this.#onHeal.splice(at, 1);
      end();
    };
  }
}

/** @returns a plan that draws nothing until it is armed */
export const faults = (options: FaultOptions): FaultPlan => new FaultPlan(options);
