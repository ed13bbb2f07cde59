/** For tests of what is built on Holdfast: the same kernel on virtual time, in an order that a seed decides. */
export { SimulationHost } from './simulation-host.js';
export type { SimulationOptions } from './simulation-host.js';
export * from './kit.js';
