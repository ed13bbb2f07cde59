/** Owns the trades file's thread, which reads whole result frames: no list of trades ever meets the main thread. */
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/db-writes.js';
import type { StandingMsg, TradesMsg } from '../../protocols/db-writes.js';
import type { TradesWriter } from '../../storage/writer/trades-client.js';
import { reopening } from './core.js';
import type { DbThreads } from './ports.js';
import { defaults, threadDriver } from './thread-driver.js';
import type { DriverArgs } from './thread-driver.js';

export const trades = (
  threads: Pick<DbThreads, 'openTrades'>,
  args: DriverArgs = {},
): ChildSpec<TradesMsg | StandingMsg> =>
  child({
    id: 'trades',
    name: names.trades,
    behavior: threadDriver<TradesMsg, TradesWriter>({
      open: (onDeath) => threads.openTrades(onDeath),
      perform: (writer, { frame, receivedWallMs }) => writer.ingestFrame(frame, receivedWallMs),
      depth: (writer) => writer.stats(),
    }),
    args,
    restart: 'permanent',
    shutdownMs: defaults.shutdownMs,
    startMs: defaults.startMs,
    mailbox: { capacity: 2_048, overflow: 'reject' },
    backoff: reopening,
  });
