import { Actor } from '../../actors/kernel/actor.js';
import type { ActorDefinition } from '../../actors/kernel/actor-spec.js';
import type { Process } from '../../actors/kernel/process.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';
import { SupervisorDefinition } from '../../supervisors/kernel/supervisor-spec.js';
import type { LawOf } from './law.js';
import type { Turn } from './observed-tree.js';

const noDefect: LawOf = () => ({
  name: 'the kernel itself never fails',
  event: (event) =>
    event.type === 'kernel_error' ? `${event.path ?? ''}: ${describeError(event.error)}` : undefined,
});

/** A handler of a dead incarnation may go on; the next incarnation waits for it, for as long as its shutdown time. */
const oneTurnAtATime: LawOf = () => {
  const running = new Map<Process, Turn>();
  const given = new Set<string>();
  return {
    name: 'one turn at a time',
    event(event) {
      if (event.type === 'orphaned') given.add(event.path);
      return undefined;
    },
    turnBegan(turn) {
      const { process, name, path } = turn.life;
      const before = running.get(process);
      running.set(process, turn);
      if (before?.settled !== false || given.has(path)) return undefined;
      return `${name}, at ${path}, begins a turn while one of ${before.life.name} has not ended`;
    },
  };
};

const noZombie: LawOf = () => ({
  name: 'nothing of a dead incarnation runs',
  turnBegan({ life, occasion }) {
    if (life.ended) return `${life.path}: a turn of ${life.name} begins, which is dead`;
    if (occasion === 'init' && life.process instanceof Actor && life.process.suspended)
      return `${life.path}: ${life.name} begins its life suspended`;
    if (life.process.incarnation !== life.incarnation)
      return `${life.path}: a turn of ${life.name} begins, and ${life.process.incarnation} lives there now`;
    return undefined;
  },
});

const atomicState: LawOf = () => ({
  name: 'a crashed or fenced turn leaves no state',
  turnBegan: ({ life, occasion }, state) =>
    occasion === 'init' || Object.is(state, life.state)
      ? undefined
      : `${life.path}: a turn of ${life.name} is given a state that no completed turn returned`,
});

/** One that goes back to be tried again may stand beyond the bound. */
const bounds: LawOf = (run) => {
  const capacities = new Map<ActorDefinition, number>();
  return {
    name: 'a mailbox keeps its bound',
    turnBegan({ life, occasion }) {
      if (occasion !== 'init' || !(life.process instanceof Actor)) return undefined;
      const { definition } = life.process;
      // At the first, because a full mailbox may be simulated by a smaller bound.
      if (!capacities.has(definition)) capacities.set(definition, definition.capacity);
      return undefined;
    },
    afterTurn() {
      for (const [process] of run.lives) {
        if (!(process instanceof Actor)) continue;
        const { depth = 0, highWater = 0 } = process.mailbox ?? {};
        const { definition, path } = process;
        if (depth > highWater)
          return `${path}: ${depth} messages wait, and ${highWater} is the most there ever were`;
        const capacity = (capacities.get(definition) ?? 0) + (definition.attempts > 1 ? 1 : 0);
        if (depth > capacity) return `${path}: ${depth} messages wait where ${capacity} may`;
      }
      return undefined;
    },
  };
};

const counts: LawOf = (run) => ({
  name: 'what is accepted is handled, waits, or is a dead letter, by the counts',
  afterTurn() {
    for (const [process] of run.lives) {
      if (!(process instanceof Actor) || process.mailbox === undefined) continue;
      const { accepted, handled, lost, mailbox } = process.inbox;
      const inHand = accepted - handled - lost - mailbox.depth;
      if (inHand === 0 || (inHand === 1 && process.busy)) continue;
      return `${process.path}: of ${accepted} accepted, ${handled} are handled, ${lost} lost and ${mailbox.depth} wait`;
    }
    return undefined;
  },
});

/** What a behaviour throws is told once, unless it is dead by then. */
const reports: LawOf = () => {
  const due = new Map<string, number>();
  const add = (path: string, count: number): void => void due.set(path, (due.get(path) ?? 0) + count);
  return {
    name: 'each crash is reported, once',
    event(event) {
      // One that is told of an init may be for the time that it took.
      if (event.type === 'crashed' && !(event.during === 'init' && (due.get(event.path) ?? 0) === 0))
        add(event.path, -1);
      return undefined;
    },
    turnEnded({ outcome, life }) {
      if (outcome === 'threw') add(life.path, 1);
      return undefined;
    },
    afterTurn() {
      for (const [path, count] of due)
        if (count !== 0)
          return `${path} crashed, and ${count > 0 ? 'nobody was told' : 'that was told twice'}`;
      due.clear();
      return undefined;
    },
  };
};

/** The count of asks that wait is that of the lists that hold them. */
const asksCounted: LawOf = (run) => {
  let last = '';
  return {
    name: 'an ask is settled once',
    turnBegan({ life }) {
      last = life.path;
      return undefined;
    },
    afterTurn() {
      const pending = run.kernel.asksPending;
      return pending >= 0 ? undefined : `${last}: more asks are settled than were asked, by ${-pending}`;
    },
  };
};

const downsOnce: LawOf = () => {
  const downs = new WeakSet<object>();
  return {
    name: 'one Down for each monitor',
    turnBegan({ occasion, message, life }) {
      if (occasion !== 'signal') return undefined;
      const { type, monitor, path } = message as { type: string; monitor: object; path: string };
      if (type !== 'down') return undefined;
      if (downs.has(monitor)) return `${life.path} is told twice by one monitor that ${path} is dead`;
      downs.add(monitor);
      return undefined;
    },
  };
};

/** Restarts by supervisor and life, counted by the closed window of otp supervisor add_restart. */
const intensity: LawOf = (run) => {
  const attempts = new Map<Process, { life: number; at: number[] }>();
  return {
    name: 'a supervisor gives up exactly by its window',
    event(event) {
      if (event.type !== 'restarting' && event.type !== 'gave_up') return undefined;
      const path = event.type === 'restarting' ? event.supervisor : event.path;
      const ref = run.system.find(path) as { process?: Process } | undefined;
      const spec = ref?.process?.spec;
      if (ref?.process === undefined || !(spec instanceof SupervisorDefinition)) return undefined;
      const { nowMs } = run.host;
      const { process } = ref;
      const before = attempts.get(process);
      const known = before?.life === process.incarnation ? before.at : [];
      const recent = [...known.filter((at) => nowMs - at <= spec.periodMs), nowMs];
      attempts.set(process, { life: process.incarnation, at: recent });
      const allowed = recent.length <= spec.intensity;
      if (allowed === (event.type === 'restarting')) return undefined;
      const what = allowed ? 'gives up' : `restarts ${event.path}`;
      return `${path} ${what} at restart ${recent.length} within ${spec.periodMs} ms, where ${spec.intensity} are allowed`;
    },
  };
};

/** In the reverse of the start order, each when the one behind it is down. */
const shutdownOrder: LawOf = (run) => ({
  name: 'children stop in reverse order, and before their supervisor',
  event(event) {
    if (event.type !== 'exited' && event.type !== 'start_failed') return undefined;
    const { process } = event.handle as { process?: Process };
    if (event.type === 'start_failed') {
      const up = event.reason.kind === 'shutdown' ? process?.offspring.find(({ alive }) => alive) : undefined;
      return up === undefined ? undefined : `${event.path} failed to start, and ${up.path} below it is up`;
    }
    if (run.phase !== 'stopping') return undefined;
    if (process?.askedToStopMs === undefined) return undefined;
    if (process.spec instanceof SupervisorDefinition && event.reason.kind === 'shutdown') {
      const left = process.offspring.find(({ alive }) => alive);
      if (left !== undefined) return `${process.path} is down before its child ${left.path}`;
    }
    const { parent } = process;
    if (parent?.alive !== true || !(parent.spec instanceof SupervisorDefinition)) return undefined;
    // Those of a dynamic supervisor stop all at once.
    if (!('strategy' in parent.spec)) return undefined;
    const siblings = parent.offspring;
    const later = siblings.slice(siblings.indexOf(process) + 1).find(({ alive }) => alive);
    return later === undefined
      ? undefined
      : `${process.path} is down before ${later.path}, which started after it`;
  },
});

const atRest: LawOf = (run) => ({
  name: 'what rests is in order',
  atRest() {
    let timers = 0;
    for (const process of run.processes()) {
      if (process instanceof Actor) timers += process.timers.keys.length;
      const { path, alive, parent } = process;
      if (alive && parent !== undefined && !parent.alive)
        return `${path} lives, and ${parent.path} above it is dead`;
      if (parent instanceof Actor && !alive && !process.lingering)
        return `${path} is dead, and its place and its id are kept`;
      for (const table of [process.links, process.watchers, process.watching])
        if (!alive && (table?.size ?? 0) > 0) return `${path} is dead and still in links or monitors`;
      for (const other of process.links ?? [])
        if (other.links?.has(process) !== true)
          return `${path} is linked to ${other.path}, and not the other way round`;
      for (const monitor of process.watching ?? [])
        if (monitor.target?.watchers?.has(monitor) !== true)
          return `${path} watches ${monitor.path}, which does not know of it`;
      for (const monitor of process.watchers ?? [])
        if (monitor.watcher.watching?.has(monitor) !== true)
          return `${monitor.watcher.path} is to be told when ${path} dies, and has no such monitor`;
      if (process instanceof Actor && process.mailbox !== undefined && run.kernel.asksPending === 0) {
        const { asksOut } = process.inbox;
        if (asksOut !== 0) return `${path} counts ${asksOut} asks without an outcome, and none is`;
      }
      if (!(process instanceof Actor) || process.suspended) continue;
      const waiting = process.mailbox?.size ?? 0;
      if (waiting > 0) return `${path} rests (${process.status}) with ${waiting} entries in its mailbox`;
    }
    const left = run.kernel.timers.count - timers;
    return left === 0 ? undefined : `${left} timers are set that belong to nobody`;
  },
});

const noLeak: LawOf = (run) => ({
  name: 'nothing is left behind',
  stopped({ orphans, reason }) {
    if (orphans.length > 0)
      return `stopped (${describeReason(reason)}) with handlers running in ${orphans.join(', ')}`;
    const { processes, names, timers, asks, asyncTurns, pipes } = run.system.census();
    const left = { processes, names, timers, asks, asyncTurns, pipes, holds: run.host.holds };
    const kinds = Object.entries(left).filter(([, count]) => count !== 0);
    if (kinds.length > 0)
      return `left after the stop: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
    const places = run.host.places;
    return places.length > 0 ? `left after the stop: ${places.join(', ')}` : undefined;
  },
});

/** What holds for every tree, whatever its actors do. */
export const kernelLaws: readonly LawOf[] = [
  noDefect,
  oneTurnAtATime,
  noZombie,
  atomicState,
  bounds,
  counts,
  reports,
  asksCounted,
  downsOnce,
  intensity,
  shutdownOrder,
  atRest,
  noLeak,
];
