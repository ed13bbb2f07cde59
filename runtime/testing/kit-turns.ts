import { ignore, type Behavior, type Signal } from '../../actors/kernel/behavior.js';
import type { Effect } from './kit-effects.js';
import { Recording, type RecordingOptions } from './kit-recording.js';

/** An actor in a test's hand: each turn gives back what it asked for. For behaviours that are not async. */
export class Turns<State, Msg> {
  readonly #behavior: Behavior<State, Msg, never>;
  #state: State;
  readonly recording: Recording<Msg>;
  /** What `init` asked for. */
  readonly started: readonly Effect<Msg>[];

  constructor(behavior: Behavior<State, Msg, never>, state: State, recording: Recording<Msg>) {
    this.#behavior = behavior;
    this.#state = state;
    this.recording = recording;
    this.started = recording.take();
  }

  get state(): State {
    return this.#state;
  }

  /** One turn. When it throws, state and effects are those from before, as in the kernel. */
  tell(message: Msg): Effect<Msg>[] {
    return this.#turn(() => this.#behavior.handle(this.#state, message, this.recording.ctx));
  }

  signal(signal: Signal): Effect<Msg>[] {
    return this.#turn(() => {
      const next = this.#behavior.signal?.(this.#state, signal, this.recording.ctx);
      if (next === undefined) throw new Error('this behaviour hears no signals');
      return next;
    });
  }

  /** A turn with the answer to the oldest open ask of this target. */
  answer(...args: Parameters<Recording<Msg>['answer']>): Effect<Msg>[] {
    return this.tell(this.recording.answer(...args));
  }

  /** A turn with the failure of the oldest open ask of this target. */
  fail(...args: Parameters<Recording<Msg>['fail']>): Effect<Msg>[] {
    return this.tell(this.recording.fail(...args));
  }

  /** Lets time pass, ms by ms, so that what a timer sets in its turn can fall due as well. */
  advance(ms: number): Effect<Msg>[] {
    const effects: Effect<Msg>[] = [];
    for (let passed = 0; passed < ms; passed++)
      for (const due of this.recording.advance(Math.min(1, ms - passed))) effects.push(...this.tell(due));
    return effects;
  }

  #turn(run: () => State | Promise<State>): Effect<Msg>[] {
    try {
      this.#state = now(run());
    } catch (error) {
      this.recording.discard();
      throw error;
    }
    return this.recording.take();
  }
}

/** @throws TypeError for an async behaviour, or one whose init answers `ignore` */
export function turnsOf<State, Msg, Args>(
  behavior: Behavior<State, Msg, Args>,
  args: Args,
  options?: RecordingOptions,
): Turns<State, Msg> {
  const recording = new Recording<Msg>(options);
  const state = now(behavior.init(args, recording.ctx));
  if (state === ignore) throw new TypeError('init answered ignore: there is no actor to test');
  return new Turns(behavior, state, recording);
}

function now<State>(state: State | Promise<State>): State {
  if (state instanceof Promise)
    throw new TypeError('this behaviour is async: test it with `recording` and await its turns');
  return state;
}
