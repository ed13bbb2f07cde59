/** The real threads: one for each file that is written, one that only reads. */
import { openReader, type ReaderOptions } from '../../storage/reader/client.js';
import { openWriter, type WriterOptions } from '../../storage/writer/client.js';
import { openTradesWriter } from '../../storage/writer/trades-client.js';
import type { DbThreads } from './ports.js';

export interface StorageThreadsOptions {
  /** The core file; the trades lie in `FILE.trades`. */
  readonly file: string;
  /** The compiled thread entries. */
  readonly writerEntry: string | URL;
  readonly readerEntry: string | URL;
  /** While a thread waits for somebody else's lock, about each second. */
  readonly onBusy?: (file: string, waitedMs: number) => void;
  /** For whoever wants a thread in his own hands. */
  readonly createWorker?: NonNullable<WriterOptions['createWorker']>;
  readonly writerLimits?: NonNullable<WriterOptions['limits']>;
  readonly readerLimits?: NonNullable<ReaderOptions['limits']>;
}

export const tradesFileOf = (file: string): string => `${file}.trades`;

export function storageThreads(options: StorageThreadsOptions): DbThreads {
  const { file, writerEntry, readerEntry, onBusy, createWorker, writerLimits, readerLimits } = options;
  const common = (of: string, onDeath: (reason: string) => void) => ({
    file: of,
    onDeath,
    ...(createWorker === undefined ? {} : { createWorker }),
    ...(onBusy === undefined ? {} : { onBusy: (waitedMs: number) => onBusy(of, waitedMs) }),
  });
  const limits = writerLimits === undefined ? {} : { limits: writerLimits };
  return {
    openCore: (onDeath) =>
      openWriter({ ...common(file, onDeath), ...limits, entry: writerEntry, kind: 'core' }),
    openTrades: (onDeath) =>
      openTradesWriter({ ...common(tradesFileOf(file), onDeath), ...limits, entry: writerEntry }),
    openReader: (onDeath) =>
      openReader({
        ...common(file, onDeath),
        entry: readerEntry,
        kind: 'core',
        ...(readerLimits === undefined ? {} : { limits: readerLimits }),
      }),
  };
}
