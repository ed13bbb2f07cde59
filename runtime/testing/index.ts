/** For tests of what is built on Holdfast: the same kernel on virtual time, in an order that a seed decides. */
export { SimulationHost } from './simulation-host.js';
export type { SimulationOptions } from './simulation-host.js';
export { asked, replied, timersSet, told } from './kit-effects.js';
export type { Effect, Verb } from './kit-effects.js';
export { probe, Probe, ProbeFailure } from './kit-probe.js';
export type { ProbeOptions, VirtualTime } from './kit-probe.js';
export { fakeRef, recording, Recording } from './kit-recording.js';
export type { RecordingOptions } from './kit-recording.js';
export { ManualTime } from './kit-time.js';
export { Turns, turnsOf } from './kit-turns.js';
