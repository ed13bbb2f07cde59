import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Handle } from './behavior.js';
import type { DeadLetter } from './dead-letters.js';

/** What the kernel tells whoever listens, as it happens. `docs/telemetry.md` is the table. */
export type KernelEvent =
  | { readonly type: 'started'; readonly path: string; readonly id: string; readonly handle: Handle }
  | {
      readonly type: 'start_ignored';
      readonly path: string;
      readonly id: string;
      readonly incarnation: number;
    }
  /** Told before the deaths of others that follow from it. */
  | {
      readonly type: 'exited' | 'start_failed';
      readonly path: string;
      readonly id: string;
      readonly incarnation: number;
      readonly handle: Handle;
      readonly reason: ExitReason;
    }
  /** The one report of a crash, before its restart. */
  | {
      readonly type: 'crashed';
      readonly path: string;
      readonly supervisor: string | undefined;
      readonly incarnation: number;
      readonly during: 'init' | 'handle' | 'signal' | 'terminate';
      readonly messageType: string | undefined;
      readonly error: unknown;
    }
  | {
      readonly type: 'restarting';
      readonly path: string;
      readonly supervisor: string;
      readonly delayMs: number;
    }
  /** A child failed so often in a row that somebody should look. */
  | {
      readonly type: 'restart_alert';
      readonly path: string;
      readonly supervisor: string;
      readonly failures: number;
    }
  | {
      readonly type: 'gave_up';
      readonly path: string;
      readonly child: string;
      readonly intensity: number;
      readonly periodMs: number;
      readonly reason: ExitReason;
    }
  | { readonly type: 'dead_letter'; readonly letter: DeadLetter }
  /** An async handler outlived its process and its shutdown time; it is fenced, and listed until it settles. */
  | { readonly type: 'orphaned'; readonly path: string; readonly incarnation: number }
  | { readonly type: 'backlog'; readonly path: string; readonly depth: number; readonly capacity: number }
  /** A turn, or an init, held the loop for as long as the system's threshold; told only where turns are watched. */
  | {
      readonly type: 'slow_turn';
      readonly path: string;
      readonly messageType: string | undefined;
      readonly ms: number;
    }
  | { readonly type: 'kernel_error'; readonly path: string | undefined; readonly error: unknown };

export type Subscriber = (event: KernelEvent) => void;

/** Hands events to subscribers; one that throws is reported once to the others and harms nobody. */
export class Events {
  #subscribers: readonly Subscriber[] = [];
  #reporting = false;

  subscribe(subscriber: Subscriber): () => void {
    // The same function may subscribe twice, and each time unsubscribe for itself.
    const own: Subscriber = (event) => subscriber(event);
    this.#subscribers = [...this.#subscribers, own];
    return () => {
      this.#subscribers = this.#subscribers.filter((other) => other !== own);
    };
  }

  get watched(): boolean {
    return this.#subscribers.length > 0;
  }

  emit(event: KernelEvent): void {
    const subscribers = this.#subscribers;
    for (const subscriber of subscribers) {
      try {
        subscriber(event);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  /** A reporter that throws must not call itself again. */
  #report(error: unknown): void {
    if (this.#reporting) return;
    this.#reporting = true;
    this.emit({ type: 'kernel_error', path: undefined, error });
    this.#reporting = false;
  }
}
