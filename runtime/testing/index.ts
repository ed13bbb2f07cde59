/** For tests of what is built on Holdfast: the same kernel on virtual time, in an order that a seed decides. */
export * from './kit.js';
export { FaultInjected, FaultPlan, faults } from './fault-plan.js';
export type { FaultOptions, FaultPoint, InjectedFault } from './fault-plan.js';
export { withFaults } from './faulty-tree.js';
export { kernelLaws } from './kernel-laws.js';
export type { Broken, Law, LawOf } from './law.js';
export { Life, Turn } from './observed-tree.js';
export { seededRandom } from './random.js';
export { simulate } from './simulate.js';
export type { Simulation, SimulationOutcome } from './simulate.js';
export { SimulatedSystem } from './simulated-system.js';
export type { BrokenLaw, Phase } from './simulated-system.js';
export { SimulationHost } from './simulation-host.js';
export type { SimulationOptions } from './simulation-host.js';
export { simulatedWorkers } from './simulated-workers.js';
export type { SimulatedWorkerOptions } from './simulated-workers.js';
