/** What is wrong with the stores' files, while it is: told in the log, shown red, and worth waking somebody for. */
import path from 'node:path';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { names as db } from '../../protocols/db-writes.js';
import type { StorageErrorData } from '../../storage/errors.js';
import type { Log } from '../node/winston-log.js';
import type { System } from '../system.js';
import type { Condition } from './conditions.js';
import { Conditions } from './conditions.js';

/** A day: whoever comes later sees it red. */
const worthTellingMs = 24 * 3_600_000;
const askMs = 10_000;

interface Loss {
  readonly name: string;
  readonly lostCommits: number;
  readonly message: string;
}

export class StoreWatch {
  readonly #log: Pick<Log, 'warn' | 'info'>;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #conditions: Conditions;
  #system: Pick<System, 'ask'> | undefined;
  /** Found while the tree started. */
  #untold: Loss[] = [];

  constructor(log: Pick<Log, 'warn' | 'info'>, clock: Pick<Clock, 'wallMs'>) {
    this.#log = log;
    this.#clock = clock;
    this.#conditions = new Conditions(() => clock.wallMs());
  }

  get conditions(): readonly Condition[] {
    return this.#conditions.all;
  }

  /** The tree is up: there is an outbox. */
  started(system: Pick<System, 'ask'>): void {
    this.#system = system;
    for (const loss of this.#untold.splice(0)) this.#tell(loss);
  }

  readonly trouble = (file: string, trouble: StorageErrorData | null): void => {
    const id = `store:${path.basename(file)}`;
    if (trouble === null) {
      if (!this.#conditions.all.some((condition) => condition.id === id)) return;
      this.#conditions.clear(id);
      this.#log.info('store.recovered', { file });
      return;
    }
    const { code, message } = trouble;
    this.#conditions.set(id, `${message} (${code})`);
    this.#log.warn('store.trouble', { file, code, message });
  };

  readonly wal = (file: string, bytesOver: number | null): void => {
    const id = `wal:${path.basename(file)}`;
    if (bytesOver === null) {
      this.#conditions.clear(id);
      this.#log.info('store.wal.cut', { file });
      return;
    }
    const megabytes = Math.round(bytesOver / 1e6);
    this.#conditions.set(id, `the log of ${path.basename(file)} is ${megabytes} MB and a reader keeps it so`);
    this.#log.warn('store.wal.over', { file, bytes: bytesOver });
  };

  /** Red until the next start: somebody has to look at what was lost. */
  readonly loss = (file: string, lostCommits: number): void => {
    const name = path.basename(file);
    const message =
      `${name} lacks its last ${lostCommits} acknowledged commits: its log was torn, or an older file was put in its ` +
      'place. What they asked for has to be asked again';
    this.#conditions.set(`log_torn:${name}`, message);
    this.#log.warn('store.log_torn', { file, lostCommits });
    const loss = { name, lostCommits, message };
    if (this.#system === undefined) this.#untold.push(loss);
    else this.#tell(loss);
  };

  #tell({ name, lostCommits, message }: Loss): void {
    const wallMs = this.#clock.wallMs();
    const notification = {
      notificationId: `log_torn:${name}:${lostCommits}:${wallMs}`,
      topic: 'alerts',
      severity: 'page',
      title: `${name}: acknowledged commits are gone`,
      body: message,
      collapseKey: null,
      sourceWallMs: wallMs,
      createdWallMs: wallMs,
      expiresWallMs: wallMs + worthTellingMs,
    } as const;
    void this.#system
      ?.ask(db.core, { type: 'create_notifications', notifications: [notification] }, { deadlineMs: askMs })
      .then((outcome) => {
        if (!outcome.ok || !outcome.value.ok) this.#log.warn('store.log_torn.untold', { name });
      });
  }
}
