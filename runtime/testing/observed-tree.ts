import type { Ctx } from '../../actors/kernel/behavior.js';
import { ignore } from '../../actors/kernel/behavior.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { KernelEvent } from '../../actors/kernel/events.js';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Process } from '../../actors/kernel/process.js';
import { reworked } from './reworked-tree.js';

/** One call of a behaviour, from its begin to its end. */
export class Turn {
  /**
   * `open` while it goes on. `returned`: it ended well, and takes effect now. `threw`: it crashed. `fenced`: its
   * incarnation died before it ended. The last two must leave no trace.
   */
  outcome: 'open' | 'returned' | 'threw' | 'fenced' = 'open';
  /** False while its code runs; of a fenced turn that may be long after. */
  settled = false;

  constructor(
    /** Counted from 1 in the order in which turns begin. */
    readonly number: number,
    readonly life: Life,
    readonly occasion: 'init' | 'handle' | 'signal' | 'terminate',
    /** The message, the signal, or the reason of the end. */
    readonly message: unknown,
  ) {}

  get isVoid(): boolean {
    return this.outcome === 'threw' || this.outcome === 'fenced';
  }
}

/** One incarnation of an actor, as an observer sees it. */
export class Life {
  readonly path: string;
  readonly incarnation: number;
  ended = false;
  /** The turn that goes on. */
  turn: Turn | undefined = undefined;
  /** What the last turn that took effect returned. */
  state: unknown = undefined;
  /** Turns that took effect. */
  turns = 0;

  constructor(
    readonly process: Process,
    readonly ctx: Ctx<unknown>,
  ) {
    this.path = process.path;
    this.incarnation = process.incarnation;
  }

  /** `path#incarnation` */
  get name(): string {
    return `${this.path}#${this.incarnation}`;
  }
}

export interface TurnWatcher {
  began(turn: Turn, state: unknown): void;
  ended(turn: Turn, error?: unknown): void;
}

type Values = (value: unknown) => unknown;

/** Sees every turn of a tree, whatever its behaviours are. Subscribe `event` to the same system. */
export class Observer {
  /** The newest incarnation of each place that ever had a turn. */
  readonly lives = new Map<Process, Life>();
  readonly #byCtx = new WeakMap<object, Life>();
  readonly #watcher: TurnWatcher;
  #turns = 0;

  constructor(watcher: TurnWatcher) {
    this.#watcher = watcher;
  }

  /** Turns begun so far. */
  get turns(): number {
    return this.#turns;
  }

  lifeOf(ctx: object): Life | undefined {
    return this.#byCtx.get(ctx);
  }

  readonly event = (event: KernelEvent): void => {
    if (event.type !== 'exited' && event.type !== 'start_failed') return;
    const { handle } = event;
    const life = handle instanceof ProcessHandle ? this.lives.get(handle.process) : undefined;
    if (life === undefined || life.incarnation !== handle.incarnation) return;
    life.ended = true;
    const { turn } = life;
    if (turn?.outcome === 'open') turn.outcome = 'fenced';
  };

  observed<Msg>(spec: ChildSpec<Msg>): ChildSpec<Msg> {
    return reworked(spec, (behavior) => ({
      init: (args, ctx) => {
        const life = this.#born(ctx);
        return this.#turn(life, 'init', args, undefined, () => behavior.init(args, ctx));
      },
      handle: (state, message, ctx) =>
        this.#turn(this.#of(ctx), 'handle', message, state, () => behavior.handle(state, message, ctx)),
      ...(behavior.signal === undefined
        ? {}
        : {
            signal: (state: unknown, signal: never, ctx: Ctx<unknown>) =>
              this.#turn(this.#of(ctx), 'signal', signal, state, () => behavior.signal?.(state, signal, ctx)),
          }),
      ...(behavior.terminate === undefined
        ? {}
        : {
            terminate: (state: unknown, reason: never, ctx: Ctx<unknown>) =>
              this.#turn(this.#of(ctx), 'terminate', reason, state, () =>
                behavior.terminate?.(state, reason, ctx),
              ) as undefined,
          }),
    }));
  }

  #born(ctx: Ctx<unknown>): Life {
    const { handle } = ctx;
    if (!(handle instanceof ProcessHandle)) throw new TypeError('a ctx of another kernel');
    const life = new Life(handle.process, ctx);
    this.lives.set(handle.process, life);
    this.#byCtx.set(ctx, life);
    return life;
  }

  #of(ctx: object): Life {
    const life = this.#byCtx.get(ctx);
    if (life === undefined) throw new TypeError('a turn without an init');
    return life;
  }

  #turn(
    life: Life,
    occasion: Turn['occasion'],
    message: unknown,
    state: unknown,
    work: () => unknown,
  ): unknown {
    const turn = new Turn(++this.#turns, life, occasion, message);
    this.#watcher.began(turn, state);
    life.turn = turn;
    let value: unknown;
    try {
      value = work();
    } catch (error) {
      this.#ends(turn, 'threw', undefined, error);
      throw error;
    }
    if (!isThenable(value)) {
      this.#ends(turn, 'returned', value);
      return value;
    }
    // The kernel asks for the end once, and hears of it in the same breath as we do: nothing can come in between.
    const promise = value;
    return {
      then: (done: Values, failed: Values) =>
        promise.then(
          (late) => {
            this.#ends(turn, 'returned', late);
            return done(late);
          },
          (error: unknown) => {
            this.#ends(turn, 'threw', undefined, error);
            return failed(error);
          },
        ),
    };
  }

  #ends(turn: Turn, outcome: 'returned' | 'threw', value: unknown, error?: unknown): void {
    const { life } = turn;
    turn.settled = true;
    if (life.turn === turn) life.turn = undefined;
    if (turn.outcome === 'open') turn.outcome = life.ended ? 'fenced' : outcome;
    if (turn.outcome === 'returned') {
      life.turns++;
      if (turn.occasion !== 'terminate' && value !== ignore) life.state = value;
    }
    this.#watcher.ended(turn, error);
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
