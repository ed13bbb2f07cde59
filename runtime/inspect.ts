import { Actor } from '../actors/kernel/actor.js';
import { isControl } from '../actors/kernel/entry.js';
import { KeyedEntry } from '../actors/kernel/keyed-entry.js';
import type { Kernel } from '../actors/kernel/kernel.js';
import { TICK_MASK } from '../actors/kernel/mailbox.js';
import type { Process, Status } from '../actors/kernel/process.js';
import { describeError } from '../protocols/exit-reason.js';

/** What one process shows of itself. Reading it changes nothing. */
export interface ProcessInfo {
  readonly path: string;
  readonly id: string;
  readonly type: 'worker' | 'supervisor';
  readonly status: Status | 'suspended';
  readonly incarnation: number;
  readonly restarts: number;
  readonly lastError: string | null;
  readonly mailbox: {
    readonly depth: number;
    readonly highWater: number;
    /** How long the first entry has waited, ms; null when nothing waits. */
    readonly headAgeMs: number | null;
    /** How long handled messages had waited, ms; sampled at the first of each burst. Null before the first. */
    readonly dwellMs: { readonly mean: number; readonly max: number } | null;
  } | null;
  readonly accepted: number | null;
  readonly handled: number | null;
  readonly refused: number | null;
  readonly lost: number | null;
  readonly crashes: number | null;
  /** How long its turns and inits held the loop. Null where turns are not watched, or none took long enough to be met. */
  readonly turns: {
    /** Since the place was made, ms, by samples. */
    readonly ms: number;
    readonly longestMs: number;
    readonly longestType: string | null;
    readonly longestWallMs: number;
    /** Turns that took the system's `slowTurnMs` or longer. */
    readonly slow: number;
  } | null;
  readonly links: number;
  readonly monitors: number;
  readonly names: readonly string[];
  readonly timers: readonly string[];
}

export interface TreeInfo extends ProcessInfo {
  readonly children: readonly TreeInfo[];
}

export function inspect(kernel: Kernel, process: Process): ProcessInfo {
  const actor = process instanceof Actor ? process : undefined;
  const inbox = actor?.mailbox === undefined ? undefined : actor.inbox;
  const headTick = inbox?.mailbox.headTick();
  kernel.touch();
  return {
    path: process.path,
    id: process.id,
    type: process.spec.type,
    status: actor?.suspended === true && process.alive ? 'suspended' : process.status,
    incarnation: process.incarnation,
    restarts: process.restarts,
    lastError: process.lastError === undefined ? null : describeError(process.lastError),
    mailbox:
      actor === undefined
        ? null
        : {
            depth: inbox?.mailbox.depth ?? 0,
            highWater: inbox?.mailbox.highWater ?? 0,
            headAgeMs: headTick === undefined ? null : (kernel.tick - headTick) & TICK_MASK,
            dwellMs:
              inbox === undefined || inbox.dwellSamples === 0
                ? null
                : { mean: inbox.dwellMsSum / inbox.dwellSamples, max: inbox.dwellMsMax },
          },
    accepted: actor === undefined ? null : (inbox?.accepted ?? 0),
    handled: actor === undefined ? null : (inbox?.handled ?? 0),
    refused: actor === undefined ? null : (inbox?.refused ?? 0),
    lost: actor === undefined ? null : (inbox?.lost ?? 0),
    crashes: actor?.crashes ?? null,
    turns: turnsOf(process),
    links: process.links?.size ?? 0,
    monitors: process.watchers?.size ?? 0,
    names: [...(process.names ?? []), ...(process.spec.name === undefined ? [] : [process.spec.name.name])],
    timers: actor?.timers.keys ?? [],
  };
}

function turnsOf({ turns }: Process): ProcessInfo['turns'] {
  if (turns === undefined) return null;
  const { sampledMs: ms, longestMs, longestType, longestWallMs, slow } = turns;
  return { ms, longestMs, longestType: longestType ?? null, longestWallMs, slow };
}

export function inspectTree(kernel: Kernel, process: Process): TreeInfo {
  return {
    ...inspect(kernel, process),
    children: process.offspring.map((child) => inspectTree(kernel, child)),
  };
}

/** One entry of a mailbox. */
export interface WaitingMessage {
  readonly message: unknown;
  readonly ageMs: number;
  /** Timers, Downs, exits, outcomes of asks, a stop: outside the mailbox's bound. */
  readonly control: boolean;
}

export function waitingIn(kernel: Kernel, actor: Actor, limit: number): readonly WaitingMessage[] {
  kernel.touch();
  return (actor.mailbox?.peek(limit) ?? []).map(({ message, companion, tick }) => {
    const keyed = companion instanceof KeyedEntry ? companion : undefined;
    return {
      message: keyed === undefined ? message : keyed.message,
      ageMs: (kernel.tick - (keyed?.tick ?? tick)) & TICK_MASK,
      control: isControl(companion),
    };
  });
}

/** Every process of a tree, parents before their children. */
export function* everyProcess(process: Process): Generator<Process> {
  yield process;
  for (const child of process.offspring) yield* everyProcess(child);
}
