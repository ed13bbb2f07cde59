import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { Process } from '../../actors/kernel/process.js';
import type { ChildInfo } from './messages.js';

/** One child of a supervisor: its spec, its place in the order, and what runs there. */
export class Slot {
  /** `running`: has a process, or one whose death has not been handled yet. */
  state: 'running' | 'down' | 'restarting' = 'down';
  /** Automatic restarts in a row, for backoff and its alert; and when the present life began. */
  failures = 0;
  upSinceMs = 0;

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
