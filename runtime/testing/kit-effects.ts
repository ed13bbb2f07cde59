import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';

/**
 * What a turn asked for, in the order of its calls. Targets are named by their path, or by the name they were found by.
 * Defaults are left out, so that a table says only what matters.
 */
export type Effect<Msg> =
  | {
      readonly verb: 'tell';
      readonly to: string;
      readonly message: unknown;
      readonly expiresInMs?: number;
    }
  | { readonly verb: 'ask'; readonly to: string; readonly message: unknown; readonly deadlineMs: number }
  | { readonly verb: 'reply'; readonly to: unknown; readonly value: unknown }
  | { readonly verb: 'spawn'; readonly id: string }
  | { readonly verb: 'stop_child' | 'link' | 'unlink' | 'monitor'; readonly to: string }
  | { readonly verb: 'demonitor'; readonly monitor: number }
  | { readonly verb: 'exit'; readonly to: string; readonly reason: ExitReason }
  | { readonly verb: 'trap_exits'; readonly on: boolean }
  | { readonly verb: 'register' | 'unregister'; readonly name: string }
  | {
      readonly verb: 'timer';
      readonly key: string;
      /** Of a repeated one: its period or its delay. */
      readonly delayMs: number;
      readonly message: Msg;
      readonly repeats?: 'at_fixed_rate' | 'with_fixed_delay';
    }
  | { readonly verb: 'cancel_timer'; readonly key: string }
  | { readonly verb: 'pipe'; readonly mayNeverEnd?: true }
  | { readonly verb: 'stop'; readonly reason: ExitReason };

export type Verb = Effect<never>['verb'];

type To = Name<never> | string;

const isTo = (to: To | undefined, at: string): boolean =>
  to === undefined || at === (typeof to === 'string' ? to : to.name);

/** Messages that were told, to this target or to anybody, in order. */
export const told = (effects: readonly Effect<unknown>[], to?: To): unknown[] =>
  effects.flatMap((effect) => (effect.verb === 'tell' && isTo(to, effect.to) ? [effect.message] : []));

/** Requests that were asked, of this target or of anybody, in order. */
export const asked = (effects: readonly Effect<unknown>[], of?: To): unknown[] =>
  effects.flatMap((effect) => (effect.verb === 'ask' && isTo(of, effect.to) ? [effect.message] : []));

/** Values that were replied, in order. */
export const replied = (effects: readonly Effect<unknown>[]): unknown[] =>
  effects.flatMap((effect) => (effect.verb === 'reply' ? [effect.value] : []));

/** Keys and delays of the timers that were set, in order. */
export const timersSet = (
  effects: readonly Effect<unknown>[],
): { readonly key: string; readonly delayMs: number }[] =>
  effects.flatMap((effect) =>
    effect.verb === 'timer' ? [{ key: effect.key, delayMs: effect.delayMs }] : [],
  );
