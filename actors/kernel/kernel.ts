import { kill } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { PendingAsk } from './asks.js';
import { DeadLetters } from './dead-letters.js';
import type { DeadLetterReason } from './dead-letters.js';
import { Events } from './events.js';
import type { Host, Wakers } from './host.js';
import { Letter } from './letter.js';
import { TICK_MASK } from './mailbox.js';
import { typeOf } from './message-type.js';
import { Process } from './process.js';
import { Registry } from './registry.js';
import { ReadyRing } from './ready-ring.js';
import { Stopping } from './stopping.js';
import { Timers } from './timers.js';
import { TurnLog } from './turn.js';
import { handCells, stillHand, TurnTimes } from './turn-times.js';
import type { Hand } from './turn-times.js';

/** What giving up a place counts for: the host frees it only after I/O had its turn, so garbage must not pile up. */
export const PLACE_COST = 8;

/** Entries one actor may handle before the next ready actor gets its turn; the clock is read as often. */
const BURST = 16;

/** Stands for the message where an init takes long. */
const init = { type: 'init' } as const;

interface Signalled {
  readonly target: Process;
  readonly from: Process | undefined;
  readonly reason: ExitReason;
  readonly mode: 'signal' | 'link';
}

/** What all processes of one system share: the run queue, timers, names, signals, dead letters and counts. */
export class Kernel {
  readonly host: Host;
  readonly timers: Timers;
  readonly registry = new Registry();
  readonly events = new Events();
  readonly deadLetters: DeadLetters;
  /** Places occupied, whether a process lives there or not. */
  places = 0;
  /** Dead incarnations whose handler has not settled past its shutdown time, with how many of them. */
  readonly orphans = new Map<Process, number>();
  readonly counts = { fencedEffects: 0, lateReplies: 0, turns: 0, drains: 0 };

  /** Whole ms, wrapping: read at each burst and whenever something comes from outside. */
  tick = 0;
  /** The same reading, monotonic ms. */
  nowMs = 0;
  asksPending = 0;
  asyncTurns = 0;
  /** Work of drivers that will come back as a message. */
  pipes = 0;
  starting = 0;
  onRootExit: (reason: ExitReason) => void = () => undefined;

  readonly #wakers: Wakers;
  readonly #burst: number;
  readonly #ready = new ReadyRing();
  readonly #logs: TurnLog[] = [];
  readonly #signals: Signalled[] = [];
  #signalling = false;
  #awake = false;
  #draining = false;
  #sinceIO = 0;
  /** When the slice that began after the last turn of I/O is over. */
  #sliceEndMs = 0;
  #clockIsFresh = false;
  #monitors = 0;
  #quiescence: (() => void)[] = [];

  /** Turns that hold the loop for as long or longer are told of, ms; only while somebody moves the hand. */
  slowTurnMs = 50;
  /** The hand, and where it stood when it was last looked at: after each message, so plain fields. */
  cells = stillHand().cells;
  tickSeen = 0;
  #handTickMs = 0;
  #serials = 0;

  constructor(host: Host, options: { readonly deadLetters: number }) {
    this.host = host;
    this.#burst = host.budget.burst ?? BURST;
    this.#wakers = host.schedule(() => this.#drain());
    this.timers = new Timers(host.clock, host.alarm, this);
    this.deadLetters = new DeadLetters(options.deadLetters);
    this.#readClock();
  }

  // The run queue

  ready(process: Process): void {
    process.queued = true;
    this.#ready.push(process);
    if (!this.#awake) this.#wake();
  }

  /** Something comes from outside, or from a timer, to a kernel at rest, whose clock is old: to be called each time. */
  touch(): void {
    if (this.#awake) return;
    this.#readClock();
    this.#clockIsFresh = true;
  }

  #readClock(): number {
    const nowMs = this.host.clock.nowMs();
    this.nowMs = nowMs;
    this.tick = nowMs & TICK_MASK;
    return nowMs;
  }

  #wake(): void {
    this.#awake = true;
    // Microtasks alone would starve timers and I/O, so after a slice of messages the host's loop gets its turn.
    if (this.#sinceIO >= this.host.budget.messages) {
      this.#sinceIO = 0;
      this.#wakers.later();
    } else this.#wakers.soon();
  }

  #drain(): void {
    const { budget } = this.host;
    const ready = this.#ready;
    this.#draining = true;
    this.counts.drains++;
    const nowMs = this.#clockIsFresh ? this.nowMs : this.#readClock();
    this.#clockIsFresh = false;
    // Between the tell that woke us and now, its sender may have gone on working; that is no turn's time.
    if (this.cells[handCells.tick] !== this.tickSeen) this.#lookAtHand();
    if (this.#sinceIO === 0) this.#sliceEndMs = nowMs + budget.ms;
    else if (nowMs >= this.#sliceEndMs) this.#sinceIO = budget.messages;
    let sinceRead = 0;
    while (ready.length > 0 && this.#sinceIO < budget.messages) {
      const process = ready.take(ready.length === 1 ? 0 : this.host.choose(ready.length));
      process.queued = false;
      this.cells[handCells.turn] = process.serial;
      const handled = this.#run(process) + 1;
      this.#sinceIO += handled;
      sinceRead += handled;
      if (sinceRead >= this.#burst) {
        sinceRead = 0;
        if (this.#readClock() >= this.#sliceEndMs) this.#sinceIO = budget.messages;
      }
    }
    this.cells[handCells.turn] = -(this.cells[handCells.turn] ?? 0);
    this.#draining = false;
    this.#awake = false;
    if (ready.length > 0) this.#wake();
    else if (this.#quiescence.length > 0) this.#checkQuiescence();
  }

  /** Work that costs more than a message, which it does not show in the count of handled messages. */
  spend(messages: number): void {
    this.#sinceIO += messages;
  }

  /** A defect of ours must not stop the other actors. */
  #run(process: Process): number {
    try {
      return process.run(this.#burst);
    } catch (error) {
      this.events.emit({ type: 'kernel_error', path: process.path, error });
      return this.#burst;
    }
  }

  // Time in turns

  nextSerial(): number {
    return ++this.#serials;
  }

  /** From here on turns are timed by this hand, which a thread moves while the loop cannot. */
  watchWith({ cells, tickMs }: Hand): void {
    this.cells = cells;
    this.#handTickMs = tickMs;
    this.#lookAtHand();
  }

  /** @returns the ticks since the last look */
  #lookAtHand(): number {
    const tick = this.cells[handCells.tick] ?? 0;
    const ticks = tick - this.tickSeen;
    this.tickSeen = tick;
    this.#readClock();
    return ticks;
  }

  /** The hand moved in a turn, or in a few quick ones since the clock was last read, of which this one is the last. */
  turnSpanned(process: Process, message: unknown): void {
    const sinceMs = this.nowMs;
    const ticks = this.#lookAtHand();
    const ms = this.nowMs - sinceMs;
    const times = (process.turns ??= new TurnTimes());
    // What is slow is known to the ms; the rest is what the samples come to.
    times.sampledMs += ms >= this.slowTurnMs ? ms : ticks * this.#handTickMs;
    if (ms > times.longestMs) {
      times.longestMs = ms;
      times.longestType = typeOf(message);
      times.longestWallMs = this.host.clock.wallMs();
    }
    if (ms < this.slowTurnMs) return;
    times.slow++;
    this.events.emit({ type: 'slow_turn', path: process.path, messageType: typeOf(message), ms });
  }

  /** An init holds the loop within the turn of who starts it. @returns whose turn that is, for `leaveInit` */
  enterInit(process: Process): number {
    const outer = this.cells[handCells.turn] ?? 0;
    if (this.cells[handCells.tick] !== this.tickSeen) this.#lookAtHand();
    this.cells[handCells.turn] = process.serial;
    return outer;
  }

  leaveInit(process: Process, outer: number): void {
    if (this.cells[handCells.tick] !== this.tickSeen) this.turnSpanned(process, init);
    this.cells[handCells.turn] = outer;
  }

  // Quiescence

  /** Nothing is ready, no handler or start is in flight: only timers or the outside can bring the next turn. */
  get isQuiescent(): boolean {
    return (
      this.#ready.length === 0 &&
      !this.#draining &&
      this.asyncTurns === 0 &&
      this.pipes === 0 &&
      this.starting === 0
    );
  }

  quiescent(): Promise<void> {
    return new Promise((resolve) => {
      this.#quiescence.push(resolve);
      this.#checkQuiescence();
    });
  }

  #checkQuiescence(): void {
    if (this.#quiescence.length === 0 || !this.isQuiescent) return;
    const waiting = this.#quiescence;
    this.#quiescence = [];
    for (const resolve of waiting) resolve();
  }

  // Turns

  takeLog(): TurnLog {
    return this.#logs.pop() ?? new TurnLog();
  }

  returnLog(log: TurnLog): void {
    log.stopReason = undefined;
    if (this.#logs.length < 64) this.#logs.push(log);
  }

  /** Runs our own code where an exception would reach a promise or the host; a defect of ours is reported, not lost. */
  guard(process: Process | undefined, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.events.emit({ type: 'kernel_error', path: process?.path, error });
    }
    if (this.#quiescence.length > 0 && !this.#awake) this.#checkQuiescence();
  }

  ringFailed(error: unknown): void {
    this.events.emit({ type: 'kernel_error', path: undefined, error });
  }

  // Signals, in order; a chain of links is walked with a list, not with the stack

  signal(target: Process, from: Process | undefined, reason: ExitReason, mode: 'signal' | 'link'): void {
    this.#signals.push({ target, from, reason, mode });
    if (this.#signalling) return;
    this.#signalling = true;
    for (let next = this.#signals.shift(); next !== undefined; next = this.#signals.shift())
      next.target.exitSignal(next.from, next.reason, next.mode);
    this.#signalling = false;
  }

  nextMonitor(): number {
    return ++this.#monitors;
  }

  // Stopping

  /** Stops a process by its shutdown rule and calls back when it is dead and nothing of it lingers. */
  stopWithin(process: Process, reason: ExitReason, onGone: () => void): void {
    const { shutdown } = process.spec;
    if (!process.alive) {
      process.whenSettled(onGone);
      return;
    }
    const stopping = new Stopping(process, onGone);
    process.stopForParent(shutdown === 'brutal_kill' ? kill : reason, stopping);
    if (!stopping.isGone && typeof shutdown === 'number') this.timers.set(stopping, shutdown);
  }

  orphaned(process: Process): void {
    this.asyncTurns--;
    this.orphans.set(process, (this.orphans.get(process) ?? 0) + 1);
    this.events.emit({ type: 'orphaned', path: process.path, incarnation: process.incarnation });
    this.#checkQuiescence();
  }

  orphanSettled(process: Process): void {
    const left = (this.orphans.get(process) ?? 0) - 1;
    if (left > 0) this.orphans.set(process, left);
    else this.orphans.delete(process);
  }

  rootExited(reason: ExitReason): void {
    this.onRootExit(reason);
  }

  // Asks

  openAsk(ask: PendingAsk, sender: Process | undefined, request: unknown, deadlineMs: number): void {
    const { target } = ask;
    ask.open(deadlineMs);
    if (!target.alive) {
      ask.fail({ type: 'noproc' });
      return;
    }
    const told = target.deliver(request, new Letter(sender, ask, undefined));
    if (told === 'full') ask.fail({ type: 'mailbox_full' });
    else if (told === 'stopped') ask.fail({ type: 'noproc' });
  }

  // Dead letters

  deadLetter(reason: DeadLetterReason, recipient: Process, message: unknown, companion: unknown): void {
    const letter = companion instanceof Letter ? companion : undefined;
    const sender = letter?.sender ?? (companion instanceof Process ? companion : undefined);
    const again = letter?.again;
    const kept = this.deadLetters.keep(
      {
        reason,
        recipient: recipient.path,
        incarnation: recipient.incarnation,
        sender: again?.sender ?? sender?.path,
        message,
        attempts: letter?.trials?.attempts ?? 0,
        errors: letter?.trials?.errors ?? [],
        wallMs: this.host.clock.wallMs(),
      },
      again?.id,
    );
    if (this.events.watched) this.events.emit({ type: 'dead_letter', letter: kept });
  }
}
