import { windowDefaults } from '../../protocols/candles/index.js';
import type { ImportReport } from '../../protocols/strategies/index.js';
import { sampleSeed, type Samples } from '../samples/index.js';
import { IntakeThread } from './intake/intake-thread.js';
import type { CandleCheck, CutFile, StrategyPage } from './intake/messages.js';

export { IntakeError, type IntakeErrorCode } from './intake/error.js';
export type { CandleCheck, CutFile, CutWindow, StrategyPage } from './intake/messages.js';

export interface IntakeOptions {
  /** The compiled `intake-worker`. */
  readonly entry: string | URL;
  /** For one file. @defaultValue 120,000 */
  readonly deadlineMs?: number;
  /** Requests that may wait. @defaultValue 1,000 */
  readonly queueMax?: number;
  /** Parsed candles kept for the cut that follows a check. @defaultValue 256 MiB */
  readonly cacheBytesMax?: number;
  /** Strategy records that reach the main thread at once. @defaultValue 200, some milliseconds */
  readonly pageRecords?: number;
  /** Once, when the thread ends without having been closed; every later request is rejected. */
  readonly onDeath?: (reason: string) => void;
}

export const intakeDefaults = {
  deadlineMs: 120_000,
  queueMax: 1_000,
  cacheBytesMax: 256 * 1024 * 1024,
  pageRecords: 200,
} as const;

export interface CheckOptions {
  /** @defaultValue false */
  readonly acceptOutliers?: boolean;
}

export interface CutOptions extends CheckOptions {
  readonly folder: string;
  /** @defaultValue 180 */
  readonly oosDays?: number;
  /** @defaultValue 0.30 */
  readonly oosShareMax?: number;
  /** The id that the check gave; another content is `file_changed`. */
  readonly fileId?: string;
}

/** Every method rejects with an IntakeError when the work could not be done. */
export interface Intake {
  /** All records and strategies of a file. For large files take pages, so that they need not be held at once. */
  importStrategies(path: string): Promise<StrategyPage & { readonly report: ImportReport }>;
  /** Hands over page after page, each once the one before was taken. */
  importStrategyPages(
    path: string,
    take: (
      page: StrategyPage,
      progress: { readonly page: number; readonly pages: number },
    ) => void | Promise<void>,
  ): Promise<ImportReport>;
  /** A file that cannot be read is refused like any other, so that one bad file does not stop a folder. */
  checkCandles(path: string, options?: CheckOptions): Promise<CandleCheck>;
  /** One after the other, in the order given. @param onFile after each file */
  checkAllCandles(
    paths: readonly string[],
    options?: CheckOptions & { readonly onFile?: (check: CandleCheck, done: number, total: number) => void },
  ): Promise<readonly CandleCheck[]>;
  cutWindows(path: string, options: CutOptions): Promise<CutFile>;
  writeSamples(folder: string, options?: { readonly seed?: string }): Promise<Samples>;
  /** Rejects what waits with `closed`. */
  close(): Promise<void>;
}

/** Starts the intake thread: import, candle gate, hashing and cutting never run on the main thread. */
export function openIntake({ entry, onDeath, ...options }: IntakeOptions): Intake {
  const thread = new IntakeThread({
    ...intakeDefaults,
    ...options,
    entry,
    onDeath: onDeath ?? (() => undefined),
  });

  /** The thread holds one import at a time, so a second one waits for the last page of the first. */
  let importing: Promise<unknown> = Promise.resolve();

  const importStrategyPages: Intake['importStrategyPages'] = (path, take) => {
    const mine = importing.then(() => importPages(path, take));
    importing = mine.catch(() => undefined);
    return mine;
  };

  const importPages: Intake['importStrategyPages'] = async (path, take) => {
    const { report, pages } = await thread.ask('import_strategies', { path });
    for (let page = 0; page < pages; page += 1) {
      await take(await thread.ask('strategy_page', { page }), { page: page + 1, pages });
    }
    return report;
  };

  const checkCandles: Intake['checkCandles'] = (path, { acceptOutliers = false } = {}) =>
    thread.ask('check_candles', { path, acceptOutliers });

  return {
    importStrategyPages,
    checkCandles,
    close: () => thread.close(),

    async importStrategies(path) {
      const all: StrategyPage[] = [];
      const report = await importStrategyPages(path, (page) => void all.push(page));
      return {
        report,
        records: all.flatMap(({ records }) => records),
        strategies: all.flatMap(({ strategies }) => strategies),
      };
    },

    async checkAllCandles(paths, { onFile, ...check } = {}) {
      const checks: CandleCheck[] = [];
      for (const path of paths) {
        const done = await checkCandles(path, check);
        checks.push(done);
        onFile?.(done, checks.length, paths.length);
      }
      return checks;
    },

    cutWindows: (path, { folder, fileId, acceptOutliers = false, ...rule }) =>
      thread.ask('cut_windows', {
        ...windowDefaults,
        ...rule,
        path,
        folder,
        acceptOutliers,
        fileId: fileId ?? null,
      }),

    writeSamples: (folder, { seed = sampleSeed } = {}) => thread.ask('write_samples', { folder, seed }),
  };
}
