import type { WorkerExit, WorkerPort } from './port.js';

export interface PortListener {
  /** False when it cannot be taken: the worker says more than anybody can hear. */
  heard(message: unknown, bytes: number): boolean;
}

/**
 * One life of a port as its driver wants it: after a kill nothing is heard any more, and what nobody could take ends
 * the worker on the spot, because a flood that waits for a decision grows meanwhile.
 */
export class PortLife {
  readonly #port: WorkerPort;
  #silenced = false;
  #overheard = false;
  readonly exited: Promise<WorkerExit>;
  /** Resolves when it says anything at all. */
  readonly spoke: Promise<void>;

  constructor(port: WorkerPort, listener: PortListener) {
    this.#port = port;
    let speak = (): void => undefined;
    this.spoke = new Promise((resolve) => (speak = resolve));
    this.exited = new Promise((resolve) =>
      port.start((message, bytes) => {
        speak();
        if (this.#silenced || listener.heard(message, bytes)) return;
        this.#overheard = true;
        this.kill();
      }, resolve),
    );
  }

  /** It was ended because its messages had no room. */
  get overheard(): boolean {
    return this.#overheard;
  }

  post(message: unknown, transfer: readonly ArrayBuffer[]): void {
    this.#port.post(message, transfer);
  }

  kill(): void {
    this.#silenced = true;
    this.#port.kill();
  }
}
