/** The kit for tests of one's own actors: recorded turns, probes, manual time. */
export { asked, replied, timersSet, told } from './kit-effects.js';
export type { Effect, Verb } from './kit-effects.js';
export { probe, Probe, ProbeFailure } from './kit-probe.js';
export type { ProbeOptions, VirtualTime } from './kit-probe.js';
export { fakeRef, recording, Recording } from './kit-recording.js';
export type { RecordingOptions } from './kit-recording.js';
export { ManualTime } from './kit-time.js';
export { Turns, turnsOf } from './kit-turns.js';
