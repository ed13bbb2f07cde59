import type { Alarm } from '../../actors/kernel/capabilities.js';
import type { WorkerPort, WorkerPortFactory } from '../../actors/workers/port.js';
import type { ToWorker } from '../../actors/workers/wire.js';
import type { FaultPlan } from './fault-plan.js';

export interface SimulatedWorkerOptions {
  /** Draws `worker_dies` and `worker_hangs` at each request. */
  readonly plan: FaultPlan;
  /** Whose time work takes: the simulation host's. */
  readonly alarm: Alarm;
  /** What a worker answers. */
  readonly answer: (request: unknown) => unknown;
  /** Longest time that a request takes, ms. @defaultValue 20 */
  readonly workMsMax?: number;
}

/**
 * Workers on virtual time for a `workerPool` under test: they answer, unless the plan makes one die in the middle of
 * its work or never answer. Give it to the pool as `worker`.
 */
export function simulatedWorkers(options: SimulatedWorkerOptions): WorkerPortFactory {
  return ({ number }) => new SimulatedWorker(options, `worker ${number}`);
}

type Hear = Parameters<WorkerPort['start']>[0];
type Exit = Parameters<WorkerPort['start']>[1];

class SimulatedWorker implements WorkerPort {
  readonly #options: SimulatedWorkerOptions;
  readonly #name: string;
  #hear: Hear = () => undefined;
  #exit: Exit = () => undefined;
  #gone = false;

  constructor(options: SimulatedWorkerOptions, name: string) {
    this.#options = options;
    this.#name = name;
  }

  start(onMessage: Hear, onExit: Exit): void {
    this.#hear = onMessage;
    this.#exit = onExit;
    this.#later(() => this.#say({ type: 'ready' }));
  }

  post(message: unknown): void {
    const { id, request } = message as ToWorker;
    const { plan, answer } = this.#options;
    const where = (): string => this.#name;
    if (plan.strikes('worker_hangs', where)) return;
    const dies = plan.strikes('worker_dies', where);
    this.#later(() => {
      if (dies) this.#end(1, null);
      else this.#say({ type: 'answer', id, ok: true, value: answer(request) });
    });
  }

  kill(): void {
    this.#later(() => this.#end(null, 'SIGKILL'));
  }

  #say(message: unknown): void {
    this.#hear(message, 100);
  }

  #end(code: number | null, signal: string | null): void {
    this.#gone = true;
    this.#exit({ code, signal, error: null });
  }

  #later(run: () => void): void {
    const { plan, alarm, workMsMax = 20 } = this.#options;
    alarm.set(1 + Math.floor(plan.draw() * workMsMax), () => {
      if (!this.#gone) run();
    });
  }
}
