import type { Handle } from '../kernel/behavior.js';
import type { WorkerCounts } from '../../protocols/workers.js';
import type { Run } from './messages.js';

interface Desk {
  readonly worker: Handle<Run>;
  /** Whether it takes more. One that does not is kept until what it held has been heard of. */
  isUp: boolean;
  inFlight: number;
  busySinceMs: number;
}

/** Who is up, and who has how much in hand. */
export class Desks {
  readonly #desks = new Map<Handle, Desk>();
  readonly #ups: number[];
  readonly #inFlightMax: number;
  #busyMs = 0;

  constructor(size: number, inFlightMax: number) {
    this.#ups = Array.from({ length: size }, () => 0);
    this.#inFlightMax = inFlightMax;
  }

  /** @param number counted from 1 */
  up(number: number, worker: Handle<Run>): void {
    this.#ups[number - 1] = (this.#ups[number - 1] ?? 0) + 1;
    this.#desks.set(worker, { worker, isUp: true, inFlight: 0, busySinceMs: 0 });
  }

  down(worker: Handle): void {
    const desk = this.#desks.get(worker);
    if (desk === undefined) return;
    desk.isUp = false;
    this.#clear(desk);
  }

  /** The one with the least in hand; of equals the one that is up for longest. */
  free(): Handle<Run> | undefined {
    let best: Desk | undefined;
    for (const desk of this.#desks.values())
      if (desk.isUp && desk.inFlight < (best?.inFlight ?? this.#inFlightMax)) best = desk;
    return best?.worker;
  }

  begin(worker: Handle, nowMs: number): void {
    const desk = this.#desks.get(worker);
    if (desk === undefined) return;
    if (desk.inFlight === 0) desk.busySinceMs = nowMs;
    desk.inFlight += 1;
  }

  end(worker: Handle, nowMs: number): void {
    const desk = this.#desks.get(worker);
    if (desk === undefined) return;
    desk.inFlight -= 1;
    if (desk.inFlight === 0) this.#busyMs += nowMs - desk.busySinceMs;
    this.#clear(desk);
  }

  counts(nowMs: number): Pick<WorkerCounts, 'size' | 'ready' | 'inFlight' | 'restarts' | 'busyMs'> {
    const desks = [...this.#desks.values()];
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    return {
      size: this.#ups.length,
      ready: desks.filter(({ isUp }) => isUp).length,
      inFlight: sum(desks.map(({ inFlight }) => inFlight)),
      restarts: sum(this.#ups.map((ups) => Math.max(0, ups - 1))),
      busyMs:
        this.#busyMs +
        sum(desks.map(({ inFlight, busySinceMs }) => (inFlight > 0 ? nowMs - busySinceMs : 0))),
    };
  }

  #clear({ worker, isUp, inFlight }: Desk): void {
    if (!isUp && inFlight === 0) this.#desks.delete(worker);
  }
}
