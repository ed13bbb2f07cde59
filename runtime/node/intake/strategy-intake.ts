import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { importLimits, importStrategies, type StrategyImport } from '../../../protocols/strategies/index.js';
import { IntakeError, readError } from './error.js';
import type { ImportOpened, StrategyPage } from './messages.js';

/** Imports one file of strategies at a time, and hands it out in pages. */
export class StrategyIntake {
  #current: StrategyImport | null = null;
  #byId: ReadonlyMap<string, StrategyImport['strategies'][number]> = new Map();

  constructor(readonly pageRecords: number) {}

  /** @throws IntakeError `input_missing`, `input_unreadable`, `input_too_large` */
  open(file: string): ImportOpened {
    const outcome = importStrategies(readStrategyFile(file), { source: path.basename(file) });
    if (!outcome.ok) throw new IntakeError('input_too_large', `${file}: ${outcome.message}`);
    this.#current = outcome;
    this.#byId = new Map(outcome.strategies.map((strategy) => [strategy.strategyId, strategy]));
    return { report: outcome.report, pages: Math.ceil(outcome.records.length / this.pageRecords) };
  }

  /** @throws IntakeError `thread_died` when the thread that opened the import is gone */
  page(page: number): StrategyPage {
    if (this.#current === null)
      throw new IntakeError('thread_died', 'the import is not open: its thread was replaced, import again');
    const { records: all } = this.#current;
    const from = page * this.pageRecords;
    const records = all.slice(from, from + this.pageRecords);
    const strategies = records.flatMap(({ disposition, strategyId }) => {
      const strategy =
        disposition === 'imported' && strategyId !== null ? this.#byId.get(strategyId) : undefined;
      return strategy === undefined ? [] : [strategy];
    });
    // Whoever has the last page has all of it.
    if (from + this.pageRecords >= all.length) this.#forget();
    return { records, strategies };
  }

  #forget(): void {
    this.#current = null;
    this.#byId = new Map();
  }
}

function readStrategyFile(file: string): Uint8Array {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new IntakeError('input_unreadable', `${file} is no file`);
    if (stat.size > importLimits.bytesMax) {
      const found = `${stat.size} bytes, expected at most ${importLimits.bytesMax}`;
      throw new IntakeError('input_too_large', `${file}: ${found}`);
    }
    return readFileSync(file);
  } catch (error) {
    throw error instanceof IntakeError ? error : readError(file, error);
  }
}
