/** The real threads: one for each file that is written, one that only reads. */
import { openReader, type ReaderOptions } from '../../storage/reader/client.js';
import { StorageError } from '../../storage/errors.js';
import type { StorageErrorData } from '../../storage/errors.js';
import { openWriter, type Writer, type WriterOptions } from '../../storage/writer/client.js';
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
  /** A file's log is larger than it may be, and a reader keeps it so; null once it is not. */
  readonly onWal?: (file: string, bytesOver: number | null) => void;
  /** When a file begins to refuse, and with null when it takes something again. */
  readonly onTrouble?: (file: string, trouble: StorageErrorData | null) => void;
  /** An opened file lacks commits that had been acknowledged: its log was torn, or it is an older file. */
  readonly onLoss?: (file: string, lostCommits: number) => void;
  /** For whoever wants a thread in his own hands. */
  readonly createWorker?: NonNullable<WriterOptions['createWorker']>;
  readonly writerLimits?: NonNullable<WriterOptions['limits']>;
  readonly readerLimits?: NonNullable<ReaderOptions['limits']>;
}

export const tradesFileOf = (file: string): string => `${file}.trades`;

/** What opening a file says of it: it cannot be opened, it is good again, something of it is missing. */
export async function watched<Opened extends Writer>(
  file: string,
  { onTrouble, onLoss }: Pick<StorageThreadsOptions, 'onTrouble' | 'onLoss'>,
  opening: Promise<Opened>,
): Promise<Opened> {
  try {
    const writer = await opening;
    onTrouble?.(file, null);
    const { lostCommits } = writer.opened;
    if (lostCommits > 0) onLoss?.(file, lostCommits);
    return writer;
  } catch (error) {
    if (error instanceof StorageError) onTrouble?.(file, error.data);
    throw error;
  }
}

export function storageThreads(options: StorageThreadsOptions): DbThreads {
  const {
    file,
    writerEntry,
    readerEntry,
    onBusy,
    onTrouble,
    onWal,
    createWorker,
    writerLimits,
    readerLimits,
  } = options;
  const common = (of: string, onDeath: (reason: string) => void) => ({
    file: of,
    onDeath,
    ...(createWorker === undefined ? {} : { createWorker }),
    ...(onBusy === undefined ? {} : { onBusy: (waitedMs: number) => onBusy(of, waitedMs) }),
    ...(onWal === undefined ? {} : { onWal: (bytesOver: number | null) => onWal(of, bytesOver) }),
    ...(onTrouble === undefined
      ? {}
      : { onTrouble: (trouble: StorageErrorData | null) => onTrouble(of, trouble) }),
  });
  const limits = writerLimits === undefined ? {} : { limits: writerLimits };
  return {
    openCore: (onDeath) =>
      watched(
        file,
        options,
        openWriter({ ...common(file, onDeath), ...limits, entry: writerEntry, kind: 'core' }),
      ),
    openTrades: (onDeath) =>
      watched(
        tradesFileOf(file),
        options,
        openTradesWriter({ ...common(tradesFileOf(file), onDeath), ...limits, entry: writerEntry }),
      ),
    openReader: (onDeath) =>
      openReader({
        ...common(file, onDeath),
        entry: readerEntry,
        kind: 'core',
        ...(readerLimits === undefined ? {} : { limits: readerLimits }),
      }),
  };
}
