/** Owns the trades file's thread, which reads whole result frames: no list of trades ever meets the main thread. */
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/db-writes.js';
import type { RetentionTradesMsg } from '../../protocols/db-retention.js';
import type { StandingMsg, TradesMsg } from '../../protocols/db-writes.js';
import type { Verb } from '../../storage/statement.js';
import type { TradesWriter } from '../../storage/writer/trades-client.js';
import { reopening } from './core.js';
import type { DbThreads } from './ports.js';
import { tradesVerbs } from './retention-verbs.js';
import { defaults, threadDriver } from './thread-driver.js';
import type { DriverArgs } from './thread-driver.js';

function tradesVerb(message: RetentionTradesMsg): Verb<unknown> {
  // The compiler cannot follow that the entry found by a message's type takes that message.
  const make = tradesVerbs[message.type] as (given: RetentionTradesMsg) => Verb<unknown>;
  return make(message);
}

export const trades = (
  threads: Pick<DbThreads, 'openTrades'>,
  args: DriverArgs = {},
): ChildSpec<TradesMsg | StandingMsg> =>
  child({
    id: 'trades',
    name: names.trades,
    behavior: threadDriver<TradesMsg, TradesWriter>({
      open: (onDeath) => threads.openTrades(onDeath),
      perform: (writer, message) =>
        message.type === 'ingest_frame'
          ? writer.ingestFrame(message.frame, message.receivedWallMs)
          : writer.run(tradesVerb(message)),
      depth: (writer) => writer.stats(),
      tend: (writer) => writer.tend?.(),
    }),
    args,
    restart: 'permanent',
    shutdownMs: defaults.shutdownMs,
    startMs: defaults.startMs,
    mailbox: { capacity: 2_048, overflow: 'reject' },
    backoff: reopening,
  });
