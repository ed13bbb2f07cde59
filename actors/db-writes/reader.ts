/** Owns a read-only thread on the core file, so that counting never stands before a commit. */
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/db-writes.js';
import type { ReaderMsg } from '../../protocols/db-writes.js';
import type { Reader } from '../../storage/reader/client.js';
import { reopening } from './core.js';
import type { DbThreads } from './ports.js';
import { readCore } from './reader-queries.js';
import { defaults, threadDriver } from './thread-driver.js';
import type { DriverArgs } from './thread-driver.js';

/** People and scrapers ask; more than this at once means that something asks in a loop. */
const pendingMaxDefault = 256;

export const reader = (threads: Pick<DbThreads, 'openReader'>, args: DriverArgs = {}): ChildSpec<ReaderMsg> =>
  child({
    id: 'reader',
    name: names.reader,
    behavior: threadDriver<ReaderMsg, Reader>({
      open: (onDeath) => threads.openReader(onDeath),
      perform: readCore,
      depth: ({ queueDepth }) => ({ queueBytes: 0, thread: { queueDepth } }),
    }),
    args: { pendingMax: pendingMaxDefault, ...args },
    restart: 'permanent',
    shutdownMs: defaults.shutdownMs,
    startMs: defaults.startMs,
    mailbox: { capacity: 1_024, overflow: 'reject' },
    backoff: reopening,
  });
