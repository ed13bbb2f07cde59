/** Workers of virtual time whose faults are drawn from a seed, and what must be true of them at every moment. */
import type { WorkerExit, WorkerPort, WorkerPortFactory } from '../../runtime/index.js';
import type { ToWorker } from '../../actors/workers/wire.js';
import type { SimulationHost } from '../../runtime/testing/simulation-host.js';

/** What can go wrong with one request; `none` answers it. */
const faults = [
  'none',
  'none',
  'none',
  'fail',
  'hang',
  'die',
  'unknown_id',
  'twice',
  'nonsense',
  'too_large',
  'flood',
  'die_hard',
] as const;

/** What a request is answered with: who it was, so that no answer can be mistaken for another's. */
export const answerTo = (key: string): string => `answer to ${key}`;

export class SimulatedWorkers {
  readonly #host: SimulationHost;
  readonly #random: () => number;
  readonly #living = new Set<SimulatedPort>();
  /** How often each request was begun. */
  readonly begun = new Map<string, number>();
  readonly broken: string[] = [];
  healed = false;

  constructor(
    host: SimulationHost,
    random: () => number,
    readonly inFlightMax: number,
  ) {
    this.#host = host;
    this.#random = random;
  }

  readonly factory: WorkerPortFactory = () => {
    const port = new SimulatedPort(this);
    this.#living.add(port);
    return port;
  };

  /** Those that a kill was not enough for end by themselves later; everybody else counts. */
  get living(): number {
    return [...this.#living].filter(({ stuck }) => !stuck).length;
  }

  later(ms: number, run: () => void): void {
    this.#host.alarm.set(ms, run);
  }

  ms(max: number): number {
    return Math.floor(this.#random() * max);
  }

  fault(): (typeof faults)[number] {
    return this.healed ? 'none' : (faults[this.ms(faults.length)] ?? 'none');
  }

  ended(port: SimulatedPort): void {
    this.#living.delete(port);
  }

  begin(port: SimulatedPort, { key, attempt }: ToWorker): void {
    this.begun.set(key, (this.begun.get(key) ?? 0) + 1);
    const begun = this.begun.get(key) ?? 0;
    // What was sent to a worker just dead was an attempt, although nobody began it: its driver cannot know.
    if (begun > attempt) this.broken.push(`${key}: begun ${begun} times, attempt ${attempt}`);
    for (const other of this.#living)
      if (other !== port && other.holds(key)) this.broken.push(`${key} is at two workers`);
    if (port.inHand > this.inFlightMax) this.broken.push(`${port.inHand} in hand`);
  }
}

type Hear = (message: unknown, bytes: number) => void;
type Exit = (exit: WorkerExit) => void;

class SimulatedPort implements WorkerPort {
  readonly #workers: SimulatedWorkers;
  readonly #inHand = new Map<number, string>();
  #onMessage: Hear = () => undefined;
  #onExit: Exit = () => undefined;
  #gone = false;
  #hard = false;
  stuck = false;

  constructor(workers: SimulatedWorkers) {
    this.#workers = workers;
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  holds = (key: string): boolean => [...this.#inHand.values()].includes(key);

  start(onMessage: Hear, onExit: Exit): void {
    this.#onMessage = onMessage;
    this.#onExit = onExit;
    const isSlow = !this.#workers.healed && this.#workers.ms(10) === 0;
    this.#later(isSlow ? 5_000 : 20, () => this.#say({ type: 'ready' }));
  }

  post(message: unknown): void {
    if (this.#gone) return;
    const work = message as ToWorker;
    this.#inHand.set(work.id, work.key);
    this.#workers.begin(this, work);
    this.#later(50, () => this.#misbehave(work));
  }

  kill(): void {
    if (!this.#hard) this.#later(20, () => this.#exit('SIGKILL'));
    else {
      // Beyond the time that a killed worker has: it is given up, and ends some day.
      this.#later(2_000, () => this.#exit('SIGKILL'));
      this.stuck = true;
    }
  }

  #misbehave({ id, key }: ToWorker): void {
    const failure = { type: 'answer', id, ok: false, code: 'sour', message: 'no', retryable: false };
    switch (this.#workers.fault()) {
      case 'none':
        this.#answer(id, key);
        return;
      case 'fail':
        this.#inHand.delete(id);
        this.#say(failure);
        return;
      case 'hang':
        return;
      case 'die':
        this.#exit(null);
        return;
      case 'unknown_id':
        this.#answer(id + 1_000, key);
        return;
      case 'twice':
        this.#answer(id, key);
        this.#answer(id, key);
        return;
      case 'nonsense':
        this.#say('nonsense');
        return;
      case 'too_large':
        this.#say({ type: 'answer', id, ok: true, value: answerTo(key) }, 1e9);
        return;
      case 'flood':
        for (let n = 0; n < 1_000; n++) this.#say({ type: 'notice', notice: n });
        return;
      case 'die_hard':
        this.#hard = true;
    }
  }

  #answer(id: number, key: string): void {
    this.#inHand.delete(id);
    this.#say({ type: 'answer', id, ok: true, value: answerTo(key) });
  }

  #say(message: unknown, bytes = 100): void {
    if (!this.#gone) this.#onMessage(message, bytes);
  }

  #exit(signal: string | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#inHand.clear();
    this.#workers.ended(this);
    this.#onExit({ code: signal === null ? 1 : null, signal, error: null });
  }

  #later(max: number, run: () => void): void {
    this.#workers.later(1 + this.#workers.ms(max), () => {
      if (!this.#gone) run();
    });
  }
}
