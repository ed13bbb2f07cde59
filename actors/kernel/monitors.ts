import { noproc } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Handle, MonitorRef, Signal } from './behavior.js';
import { Entry } from './entry.js';
import { shown } from './shown.js';
import type { Process } from './process.js';

/** One watch of one incarnation by another; gives at most one Down. */
export class Monitor implements MonitorRef {
  #open = true;

  constructor(
    readonly monitor: number,
    readonly watcher: Process,
    readonly watcherIncarnation: number,
    readonly target: Process | undefined,
    readonly path: string,
  ) {}

  /** False once it has given its Down or was removed; a Down still queued is then not delivered. */
  get open(): boolean {
    return this.#open;
  }

  /** @param handle of the incarnation to watch; undefined when there is none */
  watch(handle: Handle | undefined): void {
    if (this.target === undefined || handle?.alive !== true) {
      this.#notify(undefined, noproc);
      return;
    }
    (this.target.watchers ??= new Set()).add(this);
    (this.watcher.watching ??= new Set()).add(this);
  }

  down(handle: Handle, reason: ExitReason): void {
    this.watcher.watching?.delete(this);
    this.#notify(handle, reason);
  }

  cancel(): void {
    this.#open = false;
    this.target?.watchers?.delete(this);
    this.watcher.watching?.delete(this);
  }

  /** Its Down is about to be handled. @returns false when it was removed meanwhile */
  take(): boolean {
    const wasOpen = this.#open;
    this.#open = false;
    return wasOpen;
  }

  toJSON(): object {
    return { monitor: this.monitor, path: this.path };
  }

  [shown](): string {
    return `Monitor(${this.monitor} of ${this.path})`;
  }

  #notify(handle: Handle | undefined, reason: ExitReason): void {
    if (!this.#open || this.watcher.incarnation !== this.watcherIncarnation) return;
    const signal: Signal = { type: 'down', monitor: this, path: this.path, handle, reason };
    this.watcher.deliverControl(signal, new DownEntry(this));
  }
}

export class DownEntry extends Entry {
  constructor(readonly monitor: Monitor) {
    super(true);
  }
}
