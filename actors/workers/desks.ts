import type { Handle } from '../kernel/behavior.js';
import type { WorkerCounts } from '../../protocols/workers.js';
import type { Run } from './messages.js';

/** A worker that is up. */
export interface Desk {
  readonly worker: Handle<Run>;
}

interface Seat {
  worker: Handle<Run> | null;
  inFlight: number;
  busySinceMs: number;
  ups: number;
}

/** Who is up, and who has how much in hand. */
export class Desks {
  readonly #seats: Seat[];
  readonly #inFlightMax: number;
  #busyMs = 0;

  constructor(size: number, inFlightMax: number) {
    this.#seats = Array.from({ length: size }, () => ({ worker: null, inFlight: 0, busySinceMs: 0, ups: 0 }));
    this.#inFlightMax = inFlightMax;
  }

  /** @param number counted from 1 */
  up(number: number, worker: Handle<Run>): void {
    const seat = this.#seats[number - 1];
    if (seat === undefined) return;
    seat.worker = worker;
    seat.inFlight = 0;
    seat.ups += 1;
  }

  down(worker: Handle, nowMs: number): void {
    const seat = this.#seatOf(worker);
    if (seat === undefined) return;
    if (seat.inFlight > 0) this.#busyMs += nowMs - seat.busySinceMs;
    seat.worker = null;
    seat.inFlight = 0;
  }

  /** The one with the least in hand; of equals the first. */
  free(): Desk | undefined {
    let best: Seat | undefined;
    for (const seat of this.#seats)
      if (seat.worker !== null && seat.inFlight < (best?.inFlight ?? this.#inFlightMax)) best = seat;
    const worker = best?.worker ?? null;
    return worker === null ? undefined : { worker };
  }

  begin(worker: Handle<Run>, nowMs: number): void {
    const seat = this.#seatOf(worker);
    if (seat === undefined) return;
    if (seat.inFlight === 0) seat.busySinceMs = nowMs;
    seat.inFlight += 1;
  }

  end(worker: Handle<Run>, nowMs: number): void {
    const seat = this.#seatOf(worker);
    if (seat === undefined) return;
    seat.inFlight -= 1;
    if (seat.inFlight === 0) this.#busyMs += nowMs - seat.busySinceMs;
  }

  counts(nowMs: number): Pick<WorkerCounts, 'size' | 'ready' | 'inFlight' | 'restarts' | 'busyMs'> {
    const seats = this.#seats;
    const sum = (of: (seat: Seat) => number): number => seats.reduce((total, seat) => total + of(seat), 0);
    return {
      size: seats.length,
      ready: sum(({ worker }) => Number(worker !== null)),
      inFlight: sum(({ inFlight }) => inFlight),
      restarts: sum(({ ups }) => Math.max(0, ups - 1)),
      busyMs: this.#busyMs + sum(({ inFlight, busySinceMs }) => (inFlight > 0 ? nowMs - busySinceMs : 0)),
    };
  }

  #seatOf(worker: Handle): Seat | undefined {
    return this.#seats.find((seat) => seat.worker === worker);
  }
}
