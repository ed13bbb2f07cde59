/** The stores' threads. `onDeath` is called at most once, when a thread ends without having been closed. */
import type { Reader } from '../../storage/reader/client.js';
import type { Writer } from '../../storage/writer/client.js';
import type { TradesWriter } from '../../storage/writer/trades-client.js';

export interface DbThreads {
  /** @throws StorageError, as all three */
  openCore(onDeath: (reason: string) => void): Promise<Writer>;
  openTrades(onDeath: (reason: string) => void): Promise<TradesWriter>;
  /** Needs the core file to be there, with this version's schema. */
  openReader(onDeath: (reason: string) => void): Promise<Reader>;
}
