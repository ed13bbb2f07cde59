/** What the intake client asks of its thread. One request is worked on at a time. */
import type { CandleFileName, CandleRefusalReason, CandleWarning } from '../../../protocols/candles/index.js';
import type { ImportedStrategy, ImportReport, StrategyRecord } from '../../../protocols/strategies/index.js';
import type { Samples } from '../../samples/index.js';

export interface IntakeWorkerConfig {
  /** Parsed candles kept between a check and a cut. */
  readonly cacheBytesMax: number;
  /** Records of one page of an import: what the main thread takes in at once. */
  readonly pageRecords: number;
}

/**
 * Requests and their values by name. An import is asked for once and then taken page by page, because thousands of
 * records at once would hold up the loop that receives them.
 */
export interface IntakeOps {
  import_strategies: { readonly request: { readonly path: string }; readonly value: ImportOpened };
  strategy_page: { readonly request: { readonly page: number }; readonly value: StrategyPage };
  check_candles: { readonly request: CheckRequest; readonly value: CandleCheck };
  cut_windows: { readonly request: CutRequest; readonly value: CutFile };
  write_samples: {
    readonly request: { readonly folder: string; readonly seed: string };
    readonly value: Samples;
  };
}

export type IntakeOp = keyof IntakeOps;

export type IntakeRequest = {
  readonly [Op in IntakeOp]: {
    readonly op: Op;
    readonly request: IntakeOps[Op]['request'];
  };
}[IntakeOp];

export interface ImportOpened {
  readonly report: ImportReport;
  readonly pages: number;
}

/** Some records in the order of the file, and the strategies that they imported. */
export interface StrategyPage {
  readonly records: readonly StrategyRecord[];
  readonly strategies: readonly ImportedStrategy[];
}

export interface CheckRequest {
  readonly path: string;
  readonly acceptOutliers: boolean;
}

/** The gate's verdict on a file's content, and what its name says. Unknown is null. */
export interface CandleCheck {
  /** As asked for. */
  readonly path: string;
  /** Its last part. */
  readonly file: string;
  readonly verdict: 'accepted' | 'refused';
  /** SHA-256 of the bytes; null when they were not read. */
  readonly fileId: string | null;
  readonly bytes: number | null;
  /** Null when it is not SYMBOL_TF.csv. */
  readonly name: CandleFileName | null;
  /** True when the commonest step is the bar that the name claims. */
  readonly nameConfirmed: boolean;
  readonly reason: CandleRefusalReason | 'file_missing' | 'file_unreadable' | null;
  readonly message: string | null;
  /** Data row at fault, counted from 1. */
  readonly row: number | null;
  readonly found: string | null;
  readonly expected: string | null;
  readonly rows: number | null;
  /** Openings of the first and the last bar, unix seconds. */
  readonly first: number | null;
  readonly last: number | null;
  readonly stepSeconds: number | null;
  readonly warnings: readonly CandleWarning[];
}

export interface CutRequest {
  readonly path: string;
  /** Where the windows are written; made when it is missing. */
  readonly folder: string;
  readonly oosDays: number;
  readonly oosShareMax: number;
  /** As it was accepted. */
  readonly acceptOutliers: boolean;
  /** Refuses with `file_changed` when the file is another one by now; null takes it as it is. */
  readonly fileId: string | null;
}

/** A window as a file of its own, named by what it holds. */
export interface CutWindow {
  /** SHA-256 of the window's file, and its name before `.csv`. */
  readonly windowId: string;
  readonly path: string;
  readonly rows: number;
  /** Openings of its first and its last bar, unix seconds. */
  readonly firstS: number;
  readonly lastS: number;
}

export interface CutFile {
  readonly fileId: string;
  /** Commonest step of the whole file; null for a single row. */
  readonly stepSeconds: number | null;
  /** Null when no bar falls into it. */
  readonly inSample: CutWindow | null;
  readonly outOfSample: CutWindow | null;
}
