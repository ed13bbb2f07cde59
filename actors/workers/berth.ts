import type { PortLife } from './port-life.js';

/**
 * A worker's place over all of its lives. A driver that is killed cannot end its worker; who comes after it, or the
 * pool at its end, finds the worker here.
 */
export class Berth {
  life: PortLife | null = null;

  constructor(readonly number: number) {}

  moor(life: PortLife): void {
    this.life?.kill();
    this.life = life;
  }
}
