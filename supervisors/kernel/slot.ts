import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { Process } from '../../actors/kernel/process.js';
import type { Timer } from '../../actors/kernel/timers.js';
import type { ChildInfo } from './messages.js';

/** One child of a supervisor: its spec, its place in the order, and what runs there. */
export class Slot {
  /** `running`: has a process, or one whose death has not been handled yet. */
  state: 'running' | 'down' | 'restarting' = 'down';
  /** Automatic restarts in a row, for backoff and its alert. */
  failures = 0;
  /** When the present life began; undefined when there is none that a restart could be the end of. */
  upSinceMs: number | undefined = undefined;
  /** The incarnation that ran last: attempts that failed have numbers too. */
  lastLife = 0;
  /** Which retry is meant: one that was called off stays so, though the slot may soon wait for another. */
  retry = 0;
  /** A restart that waits for its delay. */
  delay: Timer | undefined = undefined;

  constructor(
    readonly spec: ChildSpec,
    readonly process: Process,
  ) {}

  get id(): string {
    return this.spec.id;
  }

  info(): ChildInfo {
    const handle = this.state === 'running' ? this.process.handle : undefined;
    return { id: this.id, state: this.state, handle, type: this.spec.type };
  }
}
