import { windowDefaults } from '../../protocols/candles/index.js';
import type { ImportReport } from '../../protocols/strategies/index.js';
import { supervisor } from '../../supervisors/kernel/supervisor-spec.js';
import { sampleSeed, type Samples } from '../samples/index.js';
import { startTree } from '../start.js';
import type { System } from '../system.js';
import { IntakeClient } from './intake/intake-client.js';
import { intakeName, intakePool, type IntakePoolOptions } from './intake/intake-pool.js';
import type { CandleCheck, CutFile, StrategyPage } from './intake/messages.js';

export { intakePool, type IntakePoolOptions } from './intake/intake-pool.js';
export { IntakeError, type IntakeErrorCode } from './intake/error.js';
export type { CandleCheck, CutFile, CutWindow, StrategyPage } from './intake/messages.js';

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

/** The intake of a running tree. Closing it leaves the tree alone. */
export const intakeOf = (system: Pick<System, 'ask'>): Intake =>
  intakeOver(Promise.resolve(system), () => Promise.resolve());

/** An intake of its own, for work that comes before a tree or without one. */
export function openIntake(options: IntakePoolOptions = {}): Intake {
  const system = startTree(root(options), { subscribers: [] });
  // Whoever asks is told.
  system.catch(() => undefined);
  return intakeOver(system, async () => {
    await (await system).stop({ deadlineMs: stopMs });
  });
}

/** one_for_one over one pool, which counts the deaths of its thread itself. */
const root = (options: IntakePoolOptions) =>
  supervisor('intake-root', { strategy: 'one_for_one', intensity: 0, periodMs: 60_000 }, [
    intakePool(options),
  ]);

const stopMs = 10_000;

/** The pool answers in any case; this is the longest time that there is. */
const askMs = 2_147_483_647;

function intakeOver(system: Promise<Pick<System, 'ask'>>, end: () => Promise<void>): Intake {
  const thread = new IntakeClient(async (request, { repeatable }) =>
    (await system).ask(intakeName, { type: 'work', request, repeatable }, { deadlineMs: askMs }),
  );

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
    close: () => {
      thread.close();
      return end();
    },

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
