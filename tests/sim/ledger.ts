/** What was asked of the kernel, and what became of it: who was told what, in which turn, and how it ended. */
import type { AskOutcome, Handle, MonitorRef, Ref, ReplyTo } from '../../runtime/index.js';
import { ProcessRef } from '../../actors/kernel/process.js';
import type { Process } from '../../actors/kernel/process.js';
import type { Life, Turn } from '../../runtime/testing/index.js';
import type { Act } from './plan.js';

/** An answer says who gave it, and to what. */
export interface Answer {
  readonly turn: Turn;
  readonly ask: AskRecord;
}

/** One message, from when it was sent to its one end. */
export class Mail {
  readonly type = 'mail';
  /** `handled`, `refused`, or `letter` with the reason. Undefined while it is on its way. */
  end: string | undefined = undefined;
  begun = 0;
  /** What it was sent in has ended well, or it came from outside. */
  get counts(): boolean {
    return this.turn === undefined || this.turn.outcome === 'returned';
  }

  constructor(
    readonly id: number,
    readonly process: Process,
    /** Whose messages to one receiver keep their order: one incarnation, or a kind of sender outside. */
    readonly stream: string,
    readonly turn: Turn | undefined,
    readonly acts: readonly Act[],
    readonly expiresAtMs: number | undefined,
    readonly ask: AskRecord | undefined,
  ) {}

  get to(): string {
    return this.process.path;
  }

  get key(): string {
    return `k${this.id % 2}`;
  }

  get name(): string {
    return `m${this.id}`;
  }
}

export class AskRecord {
  outcomes: AskOutcome<Answer>[] = [];
  mail: Mail | undefined = undefined;
  constructor(
    readonly id: number,
    /** Undefined when it was asked from outside. */
    readonly life: Life | undefined,
    readonly turn: Turn | undefined,
    readonly to: string,
    readonly askedAtMs: number,
    readonly deadlineMs: number,
  ) {}
}

export class TimerRecord {
  over = false;
  ticks = 0;
  constructor(
    readonly key: string,
    readonly life: Life,
    readonly repeat: 'once' | 'rate' | 'delay',
    readonly periodMs: number,
    public dueMs: number,
  ) {}
}

export interface MonitorRecord {
  readonly monitor: MonitorRef;
  readonly life: Life;
  readonly turn: Turn;
  readonly process: Process;
  /** As it was when the turn ended; undefined when nobody lived there. */
  handle: Handle | undefined;
  cancelled: boolean;
  downs: number;
}

export interface LinkRecord {
  readonly life: Life;
  readonly turn: Turn;
  readonly process: Process;
  /** The incarnation that was linked to. */
  incarnation: number;
  cut: boolean;
}

export interface PipeRecord {
  readonly life: Life;
  readonly turn: Turn;
  arrived: number;
}

/** What one incarnation remembers beside the kernel. */
export class Mind {
  readonly deferred: { to: ReplyTo<Answer>; ask: AskRecord }[] = [];
  readonly timers = new Map<string, TimerRecord>();
  readonly monitors: MonitorRecord[] = [];
  readonly children: string[] = [];
  /** Which of the world's names it has registered. */
  readonly names = new Set<number>();
  constructor(
    readonly life: Life,
    public traps: boolean,
  ) {}
}

export class Ledger {
  readonly mail: Mail[] = [];
  readonly asks: AskRecord[] = [];
  readonly timers: TimerRecord[] = [];
  readonly monitors = new Map<MonitorRef, MonitorRecord>();
  readonly links: LinkRecord[] = [];
  readonly pipes: PipeRecord[] = [];
  /** Exit signals that were trapped, as two of `lifeKey`. */
  readonly trapped = new Set<string>();
  /** Reasons of deaths, by `lifeKey`. */
  readonly deaths = new Map<string, string>();

  send(
    to: Ref<never>,
    stream: string,
    turn: Turn | undefined,
    acts: readonly Act[],
    expiresAtMs?: number,
    ask?: AskRecord,
  ): Mail {
    const mail = new Mail(this.mail.length + 1, processOf(to), stream, turn, acts, expiresAtMs, ask);
    this.mail.push(mail);
    return mail;
  }

  ask(
    life: Life | undefined,
    turn: Turn | undefined,
    to: string,
    nowMs: number,
    deadlineMs: number,
  ): AskRecord {
    const ask = new AskRecord(this.asks.length + 1, life, turn, to, nowMs, deadlineMs);
    this.asks.push(ask);
    return ask;
  }
}

export function processOf(ref: Ref<never>): Process {
  if (ref instanceof ProcessRef) return ref.process;
  throw new TypeError('a ref of another kernel');
}

/** One incarnation of one place: a path is used again when a child is temporary. */
export const lifeKey = ({ serial }: Process, incarnation: number): string => `${serial}#${incarnation}`;
