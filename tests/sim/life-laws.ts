/** Who lives, who learns of deaths, and when a supervisor acts. */
import { Actor } from '../../actors/kernel/actor.js';
import { DownEntry } from '../../actors/kernel/monitors.js';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Process } from '../../actors/kernel/process.js';
import { describeReason, isNormalLike } from '../../runtime/index.js';
import type { Handle, MonitorRef, Signal, Strategy } from '../../runtime/index.js';
import type { Law, Life } from '../../runtime/testing/index.js';
import { lifeKey } from './ledger.js';
import type { MonitorRecord } from './ledger.js';
import { find } from './mail-laws.js';
import type { World } from './world.js';

/** Enters what turns did once they have ended, and who died of what. */
export const bookkeeping = (world: World): Law => {
  const fresh = new Set<MonitorRecord>();
  return {
    name: 'the ledger',
    event(event) {
      if ((event.type === 'exited' || event.type === 'start_failed') && event.handle instanceof ProcessHandle)
        world.ledger.deaths.set(
          lifeKey(event.handle.process, event.incarnation),
          describeReason(event.reason),
        );
      return undefined;
    },
    turnEnded(turn) {
      if (turn.outcome !== 'returned') return undefined;
      for (const monitor of world.ledger.monitors.values()) {
        if (monitor.turn !== turn) continue;
        // A child that was spawned in the same turn is started now, before the monitor is.
        if (monitor.process.parent === turn.life.process && monitor.process.incarnation === 0)
          fresh.add(monitor);
        else monitor.handle = monitor.process.alive ? monitor.process.handle : undefined;
      }
      for (const link of world.ledger.links)
        if (link.turn === turn) link.incarnation = link.process.incarnation;
      return undefined;
    },
    afterTurn() {
      for (const monitor of fresh)
        monitor.handle = monitor.process.alive ? monitor.process.handle : undefined;
      fresh.clear();
      return undefined;
    },
  };
};

type DownSignal = Extract<Signal, { type: 'down' }>;

/** Its Down waits, or was handled, as soon as the turn is over in which somebody died. */
export const downs = (world: World): Law => {
  const dead = new Set<Handle>();
  const given = new Set<MonitorRef>();
  /** The turn in which each has died: within one, who was linked may be told of first. */
  const diedIn = new Map<Handle, number>();
  const newest = new Map<Life, { readonly path: string; readonly turn: number }>();
  let turns = 0;
  return {
    name: 'a monitor gives its Down',
    // Whether it is handled or the handler crashes over it.
    turnBegan({ occasion, message, life }) {
      turns++;
      if (occasion !== 'signal' || (message as Signal).type !== 'down') return undefined;
      const { monitor, handle, path } = message as DownSignal;
      given.add(monitor);
      const turn = handle === undefined ? undefined : diedIn.get(handle);
      if (turn === undefined) return undefined;
      const before = newest.get(life);
      newest.set(life, { path, turn });
      return before === undefined || before.turn <= turn
        ? undefined
        : `${life.path} gets the Down of ${path} behind that of ${before.path}, which died later`;
    },
    event(event) {
      if (event.type !== 'exited') return undefined;
      dead.add(event.handle);
      diedIn.set(event.handle, turns);
      return undefined;
    },
    afterTurn() {
      if (dead.size === 0) return undefined;
      for (const { monitor, handle, life, cancelled } of world.ledger.monitors.values()) {
        if (handle === undefined || !dead.has(handle) || life.ended || cancelled || given.has(monitor))
          continue;
        if (!(life.process instanceof Actor)) continue;
        const waiting = life.process.mailbox?.peek(10_000) ?? [];
        if (!waiting.some(({ companion }) => companion instanceof DownEntry && companion.monitor === monitor))
          return `${life.path} monitors ${handle.path}, which is dead, and no Down is on its way`;
      }
      dead.clear();
      return undefined;
    },
    atRest() {
      for (const { life, turn, handle, process, cancelled, downs: told } of world.ledger.monitors.values()) {
        if (turn.outcome !== 'returned' || life.ended || cancelled) continue;
        const due = handle?.alive === true ? 0 : 1;
        if (told !== due) return `${life.path} has ${told} Downs of ${process.path}, and ${due} is due`;
      }
      return undefined;
    },
  };
};

export const links = (world: World): Law => ({
  name: 'a link carries a death over',
  atRest() {
    const { deaths, trapped } = world.ledger;
    for (const { life, turn, process, incarnation, cut } of world.ledger.links) {
      const dead = lifeKey(process, incarnation);
      const reason = deaths.get(dead);
      if (turn.outcome !== 'returned' || life.ended || cut || reason === undefined || reason === 'normal')
        continue;
      if (!trapped.has(`${lifeKey(life.process, life.incarnation)} ${dead}`))
        return `${life.path} is linked to ${process.path}, which died (${reason}), and knows nothing of it`;
    }
    return undefined;
  },
});

export const timers = (world: World): Law => ({
  name: 'a timer ticks',
  atRest() {
    const { nowMs } = world.run.host;
    for (const { life, over, repeat, dueMs, key } of world.ledger.timers)
      if (repeat === 'once' && !over && !life.ended && dueMs < nowMs)
        return `${life.path}: ${key} was due at ${dueMs} ms and never ticked`;
    for (const { life, turn, arrived } of world.ledger.pipes)
      if (turn.outcome === 'returned' && !life.ended && arrived !== 1)
        return `${life.path}: work that it began came back ${arrived} times`;
    return undefined;
  },
});

export const suspension = (world: World): Law => ({
  name: 'a suspended actor takes no turn',
  turnBegan({ life, occasion }) {
    if (occasion === 'terminate' || occasion === 'init') return undefined;
    const since = world.suspended.get(life.process);
    if (since !== life.incarnation || world.run.phase !== 'safety') return undefined;
    return `${life.path} is suspended and takes a turn`;
  },
});

export const names = (world: World): Law => ({
  name: 'a name leads to somebody who lives',
  afterTurn() {
    for (const name of world.names) {
      const ref = world.run.system.whereis(name);
      if (ref?.alive === false) return `the name ${name.name} leads to ${ref.path}, which is dead`;
    }
    return undefined;
  },
});

const strategyOf = ({ spec }: Process): Strategy | undefined => (spec as { strategy?: Strategy }).strategy;

/** A delay is waited out, bystanders are left alone, and who shares a fate is really started again. */
export const restarts = (world: World): Law => {
  const notBefore = new Map<Process, { ms: number; life: number }>();
  const started = new Map<Process, number>();
  const fated = new Map<Process, { at: number; because: string; life: number }>();
  const ignored = new Set<string>();
  const ending = new Set<string>();
  let at = 0;
  const lifeOf = ({ path, incarnation }: Process): string => `${path}#${incarnation}`;
  return {
    name: 'a supervisor restarts by its strategy',
    event(event) {
      at++;
      switch (event.type) {
        case 'gave_up': {
          const process = find(world, event.path);
          if (process !== undefined) ending.add(lifeOf(process));
          return undefined;
        }
        case 'restarting': {
          const process = find(world, event.path);
          if (process?.parent === undefined) return undefined;
          const { parent } = process;
          notBefore.set(process, { ms: world.run.host.nowMs + event.delayMs, life: parent.incarnation });
          const siblings = parent.offspring;
          const position = siblings.indexOf(process);
          const from = strategyOf(parent) === 'one_for_all' ? 0 : position;
          const to =
            strategyOf(parent) === 'one_for_one' || strategyOf(parent) === undefined
              ? position + 1
              : siblings.length;
          for (const sibling of siblings.slice(from, to)) {
            const { incarnation: life } = parent;
            fated.set(sibling, { at, because: event.path, life });
          }
          return undefined;
        }
        case 'started': {
          const { handle } = event;
          if (!(handle instanceof ProcessHandle)) return undefined;
          const { process } = handle;
          started.set(process, at);
          const earliest = notBefore.get(process);
          const { parent } = process;
          const fate = fated.get(process);
          if (process.spec.restart === 'temporary' && fate !== undefined && fate.life === parent?.incarnation)
            return `${event.path} is temporary, and was started again with ${fate.because}`;
          if (earliest === undefined || parent === undefined) return undefined;
          notBefore.delete(process);
          const alone = strategyOf(parent) === undefined || strategyOf(parent) === 'one_for_one';
          if (!alone || parent.incarnation !== earliest.life || world.administered.has(parent.path))
            return undefined;
          const { nowMs } = world.run.host;
          return nowMs < earliest.ms
            ? `${event.path} is started at ${nowMs} ms, and its delay ends at ${earliest.ms}`
            : undefined;
        }
        case 'start_ignored':
          ignored.add(`${event.path}#${event.incarnation}`);
          return undefined;
        case 'exited': {
          if (!(event.handle instanceof ProcessHandle)) return undefined;
          const { process } = event.handle;
          const { parent } = process;
          if (parent === undefined || strategyOf(parent) !== 'one_for_one' || !parent.alive) return undefined;
          const isEnding =
            parent.askedToStopMs !== undefined || ending.has(lifeOf(parent)) || parent.status === 'starting';
          if (process.askedToStopMs === undefined || isEnding || world.administered.has(parent.path))
            return undefined;
          return `${event.path} was stopped by ${parent.path}, which restarts one for one and had no reason to`;
        }
        default:
          return undefined;
      }
    },
    atRest() {
      for (const process of world.run.processes()) {
        const fate = fated.get(process);
        if (process.status === 'running' && fate !== undefined && (started.get(process) ?? 0) < fate.at)
          return `${process.path} shares the fate of ${fate.because}, and was not started again with it`;
        const { parent, spec } = process;
        if (parent?.status !== 'running' || parent.spec.type !== 'supervisor') continue;
        if (
          spec.restart === 'permanent' &&
          process.status !== 'running' &&
          !ignored.has(lifeOf(process)) &&
          !world.administered.has(parent.path)
        )
          return `${process.path} is permanent and ${process.status}, and ${parent.path} above it runs`;
      }
      return undefined;
    },
  };
};

/** Giving up, being told to stop and being killed are all that ends one; what its children die of stays below. */
export const supervisorEnds = (): Law => ({
  name: 'a supervisor ends with shutdown',
  event(event) {
    if (event.type !== 'exited' || !(event.handle instanceof ProcessHandle)) return undefined;
    const isSupervisor = event.handle.process.spec.type === 'supervisor';
    const { kind } = event.reason;
    return isSupervisor && kind !== 'shutdown' && kind !== 'killed'
      ? `${event.path} ends with ${describeReason(event.reason)}`
      : undefined;
  },
});

/** Counted from outside: which delay of its list a restart has to wait for. */
export const backoffs = (world: World): Law => {
  const series = new Map<
    Process,
    { readonly life: number; failures: number; upSinceMs: number | undefined }
  >();
  const seriesOf = (process: Process, life: number) => {
    const known = series.get(process);
    if (known?.life === life) return known;
    const fresh = { life, failures: 0, upSinceMs: undefined };
    series.set(process, fresh);
    return fresh;
  };
  return {
    name: 'the delays of a backoff follow one another',
    event(event) {
      const process =
        event.type === 'started' && event.handle instanceof ProcessHandle
          ? event.handle.process
          : event.type === 'restarting'
            ? find(world, event.path)
            : undefined;
      if (process?.parent?.spec.type !== 'supervisor' || !(process instanceof Actor)) return undefined;
      const own = seriesOf(process, process.parent.incarnation);
      const { nowMs } = world.run.host;
      if (event.type !== 'restarting') {
        own.upSinceMs = nowMs;
        return undefined;
      }
      const { backoff } = process.spec;
      const delaysMs = backoff !== undefined && 'delaysMs' in backoff ? backoff.delaysMs : [0];
      const mayReset = own.upSinceMs !== undefined && nowMs - own.upSinceMs > 2 * Math.max(...delaysMs);
      own.upSinceMs = undefined;
      const isDue = (failures: number): boolean => {
        const leastMs = delaysMs[Math.min(failures, delaysMs.length - 1)] ?? 0;
        return event.delayMs >= leastMs && event.delayMs <= leastMs * (1 + (backoff?.jitter ?? 0));
      };
      // A supervisor that was busy counts from when it came to it, which is later than the start, or than the death.
      if (mayReset && isDue(0)) own.failures = 0;
      return isDue(own.failures++)
        ? undefined
        : `${event.path} waits ${event.delayMs} ms for restart ${own.failures} in a row, of ${delaysMs.join(', ')}`;
    },
  };
};

export const cleanUps = (): Law => {
  const failed = new Set<string>();
  return {
    name: 'a clean-up that failed shows in the reason',
    turnEnded({ occasion, outcome, life }) {
      if (occasion === 'terminate' && outcome === 'threw')
        failed.add(lifeKey(life.process, life.incarnation));
      return undefined;
    },
    event(event) {
      if (event.type !== 'exited' || !(event.handle instanceof ProcessHandle)) return undefined;
      return failed.has(lifeKey(event.handle.process, event.incarnation)) && isNormalLike(event.reason)
        ? `${event.path} ends with ${describeReason(event.reason)}, and its terminate threw`
        : undefined;
    },
  };
};

/** A start that failed is tried again only by a restart, which the intensity counts. */
export const retries = (world: World): Law => {
  const failed = new Map<Process, number>();
  return {
    name: 'a failed start is tried again by a restart',
    event(event) {
      if (event.type === 'restarting') {
        const parent = find(world, event.supervisor);
        for (const child of parent?.offspring ?? []) failed.delete(child);
        return undefined;
      }
      if (event.type !== 'started' && event.type !== 'start_failed') return undefined;
      if (!(event.handle instanceof ProcessHandle)) return undefined;
      const { process } = event.handle;
      const { parent } = process;
      if (parent?.spec.type !== 'supervisor') return undefined;
      const isUncounted = failed.get(process) === parent.incarnation && !world.administered.has(parent.path);
      failed.delete(process);
      if (event.type === 'start_failed') failed.set(process, parent.incarnation);
      return isUncounted
        ? `${event.path} is tried again after a failed start, and ${parent.path} counts no restart`
        : undefined;
    },
  };
};
