/** Owns the core file's writer thread: every change of a request, a result or a rank goes through here. */
import { child } from '../kernel/actor-spec.js';
import type { Backoff, ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/db-writes.js';
import type { CoreMsg, StandingMsg } from '../../protocols/db-writes.js';
import type { Writer } from '../../storage/writer/client.js';
import { coreVerb } from './core-verbs.js';
import { importRecords } from './import-records.js';
import type { DbThreads } from './ports.js';
import { defaults, threadDriver } from './thread-driver.js';
import type { DriverArgs } from './thread-driver.js';

/** At once, and then slower: a file that cannot be opened now may be a full disk that somebody is clearing. */
export const reopening: Backoff = { delaysMs: [0, 250, 1_000, 3_000, 10_000] };

export const core = (
  threads: Pick<DbThreads, 'openCore'>,
  args: DriverArgs = {},
): ChildSpec<CoreMsg | StandingMsg> =>
  child({
    id: 'core',
    name: names.core,
    behavior: threadDriver<CoreMsg, Writer>({
      open: (onDeath) => threads.openCore(onDeath),
      perform: (writer, message) =>
        message.type === 'import_records'
          ? importRecords(writer, message.records)
          : writer.run(coreVerb(message)),
      depth: (writer) => writer.stats(),
      tend: (writer) => writer.tend?.(),
    }),
    args,
    restart: 'permanent',
    shutdownMs: defaults.shutdownMs,
    startMs: defaults.startMs,
    mailbox: { capacity: 8_192, overflow: 'reject' },
    backoff: reopening,
  });
