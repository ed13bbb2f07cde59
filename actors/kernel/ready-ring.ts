import type { Process } from './process.js';

/** The ready processes, first in, first out; a simulation may take another than the first. */
export class ReadyRing {
  #ring: (Process | undefined)[] = new Array<Process | undefined>(64).fill(undefined);
  #head = 0;
  #mask = 63;
  length = 0;

  push(process: Process): void {
    if (this.length > this.#mask) this.#grow();
    this.#ring[(this.#head + this.length++) & this.#mask] = process;
  }

  /** @param index below `length`; the order of the others stays */
  take(index: number): Process {
    const at = (this.#head + index) & this.#mask;
    const process = this.#ring[at];
    if (process === undefined) throw new RangeError(`no ready process at ${index} of ${this.length}`);
    for (let back = index; back > 0; back--) {
      this.#ring[(this.#head + back) & this.#mask] = this.#ring[(this.#head + back - 1) & this.#mask];
    }
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.length--;
    return process;
  }

  #grow(): void {
    const grown = new Array<Process | undefined>((this.#mask + 1) * 2).fill(undefined);
    for (let index = 0; index < this.length; index++)
      grown[index] = this.#ring[(this.#head + index) & this.#mask];
    this.#ring = grown;
    this.#head = 0;
    this.#mask = grown.length - 1;
  }
}
