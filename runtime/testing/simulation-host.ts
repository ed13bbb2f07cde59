import type { Alarm, Clock, Random } from '../../actors/kernel/capabilities.js';
import type { Host, Place, Resident, Wakers } from '../../actors/kernel/host.js';
import { seededRandom } from './random.js';

/** Microtasks given to promises of handlers before they count as waiting for something else. */
const IDLE_MICROTASKS = 16;

export interface SimulationOptions {
  /** Decides `random` and, with order `seeded`, which ready actor goes next. @defaultValue 1 */
  readonly seed?: number;
  /** `fifo` takes ready actors in order of arrival, as production does. @defaultValue 'fifo' */
  readonly order?: 'fifo' | 'seeded';
  /** Wall clock at the start, ms since the epoch. @defaultValue 2020-01-01T00:00Z */
  readonly wallMs?: number;
  /** Turns that one actor may take before the next is chosen. @defaultValue 16, as in production */
  readonly burst?: number;
}

/**
 * A host on virtual time, for tests: the same tree as in production, and nothing happens but by its order.
 *
 * Time stands still until `advance`. The run queue drains by itself in a microtask, as in production, so that
 * `await system.ask(…)` works unchanged; `run` drains it at once. Equal seeds and equal calls give equal runs.
 */
export class SimulationHost implements Host {
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly random: Random;
  readonly budget: { readonly messages: number; readonly ms: number; readonly burst?: number };
  readonly #alarms = new Set<PendingAlarm>();
  readonly #ground = new SimulatedPlace(undefined, '', undefined);
  readonly #order: Random | undefined;
  #nowMs = 0;
  #wallMs: number;
  #afterBurst: (() => void) | undefined = undefined;
  #halted = false;
  #drain: () => void = () => undefined;
  #wanted = false;
  #running = false;
  #holds = 0;

  constructor(options: SimulationOptions = {}) {
    const { seed = 1, order = 'fifo', wallMs = Date.UTC(2020, 0, 1), burst } = options;
    this.#wallMs = wallMs;
    // A drain of one burst gives the test its turn after each.
    this.budget =
      burst === undefined ? { messages: 1_024, ms: Infinity } : { messages: 1, ms: Infinity, burst };
    this.clock = { nowMs: () => this.#nowMs, wallMs: () => this.#wallMs + this.#nowMs };
    this.alarm = {
      set: (delayMs, ring) => {
        const alarm = { dueMs: this.#nowMs + delayMs, ring };
        this.#alarms.add(alarm);
        return alarm;
      },
      clear: (alarm) => void this.#alarms.delete(alarm as PendingAlarm),
    };
    this.random = seededRandom(seed);
    // A stream of its own, so that a draw for jitter does not move the schedule.
    this.#order = order === 'seeded' ? seededRandom(~seed) : undefined;
  }

  // What the kernel asks for

  occupy(parent: Place | undefined, name: string, resident: Resident): Place {
    const above = parent instanceof SimulatedPlace ? parent : this.#ground;
    const place = new SimulatedPlace(above, name, resident);
    if (above.inner.has(name)) throw new Error(`${place.path} is occupied`);
    above.inner.set(name, place);
    return place as Place;
  }

  vacate(place: Place): void {
    if (!(place instanceof SimulatedPlace)) throw new TypeError('a place of another host');
    const { inner, above, name, path } = place;
    if (inner.size > 0) throw new Error(`${path} is vacated before ${[...inner.keys()].join(', ')} in it`);
    above?.inner.delete(name);
  }

  foreignReference(): undefined {
    return undefined;
  }

  schedule(drain: () => void): Wakers {
    this.#drain = drain;
    const wake = (): void => {
      this.#wanted = true;
      if (!this.#running) void Promise.resolve().then(() => this.run());
    };
    return { soon: wake, later: wake };
  }

  choose(ready: number): number {
    return this.#order === undefined ? 0 : Math.floor(this.#order() * ready);
  }

  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held) this.#holds--;
      held = false;
    };
  }

  close(): void {
    this.#alarms.clear();
  }

  // What the test asks for

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Paths of all places in use. */
  get places(): readonly string[] {
    return [...this.#ground.below()].map(({ path }) => path);
  }

  /** How many systems keep the process alive. */
  get holds(): number {
    return this.#holds;
  }

  /** Alarms that are set and have not rung. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** Somebody sets the wall clock: it jumps forwards or back, and the monotonic clock does not. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** The machine sleeps: both clocks leap, and whatever fell due meanwhile is late. */
  sleep(ms: number): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`sleep: expected 0 ms or more, got ${ms}`);
    this.#nowMs += ms;
  }

  /** Called after each burst of turns, in the middle of `run`: with `burst` 1 that is after each turn. */
  watchBursts(afterBurst: () => void): void {
    this.#afterBurst = afterBurst;
  }

  /** Nothing runs any more, whatever is ready or due: what there is to see is as it was at this moment. */
  halt(): void {
    this.#halted = true;
  }

  /** Sends to a place as code outside the kernel would, past every reference of ours. */
  deliverForeign(path: string, message: unknown): void {
    for (const place of this.#ground.below())
      if (place.path === path) place.resident?.deliverForeign(message);
  }

  /** Runs until nothing is ready and no alarm is due. Handlers that wait for a promise stay in flight. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (!this.#halted) {
        const alarm = this.#wanted ? undefined : this.#nextAlarm(this.#nowMs);
        if (this.#wanted) {
          this.#wanted = false;
          this.#drain();
          this.#afterBurst?.();
        } else if (alarm === undefined) return;
        else this.#ring(alarm);
      }
    } finally {
      this.#running = false;
    }
  }

  /** Runs, and lets promises of handlers that need nothing but microtasks settle, until both are idle. */
  async settle(): Promise<void> {
    this.run();
    for (let idle = 0; idle < IDLE_MICROTASKS && !this.#halted; idle++) {
      await Promise.resolve();
      if (this.#wanted) idle = 0;
      this.run();
    }
  }

  /** Lets time pass: alarms ring at their times and in their order, and each time everything settles. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`advance: expected 0 ms or more, got ${ms}`);
    const untilMs = this.#nowMs + ms;
    await this.settle();
    for (let alarm = this.#nextAlarm(untilMs); alarm !== undefined; alarm = this.#nextAlarm(untilMs)) {
      if (this.#halted) return;
      this.#nowMs = Math.max(this.#nowMs, alarm.dueMs);
      this.#ring(alarm);
      await this.settle();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** The earliest alarm due by then; of equals the one set first. */
  #nextAlarm(untilMs: number): PendingAlarm | undefined {
    let next: PendingAlarm | undefined;
    for (const alarm of this.#alarms)
      if (alarm.dueMs <= untilMs && (next === undefined || alarm.dueMs < next.dueMs)) next = alarm;
    return next;
  }

  #ring(alarm: PendingAlarm): void {
    this.#alarms.delete(alarm);
    alarm.ring();
  }
}

interface PendingAlarm {
  readonly dueMs: number;
  readonly ring: () => void;
}

class SimulatedPlace {
  readonly inner = new Map<string, SimulatedPlace>();

  constructor(
    readonly above: SimulatedPlace | undefined,
    readonly name: string,
    readonly resident: Resident | undefined,
  ) {}

  get path(): string {
    return this.above === undefined || this.above.name === '' ? this.name : `${this.above.path}/${this.name}`;
  }

  *below(): Generator<SimulatedPlace> {
    for (const place of this.inner.values()) {
      yield place;
      yield* place.below();
    }
  }
}
