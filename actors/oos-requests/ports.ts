/** What the candle gate needs of the world: the intake's check, and a look at the file that costs nothing. */
import type { CandleWarning } from '../../protocols/candles/index.js';

/** The intake's verdict on a file's content, and what its name says. Unknown is null. */
export interface CheckedCandles {
  /** Its last part. */
  readonly file: string;
  readonly verdict: 'accepted' | 'refused';
  readonly fileId: string | null;
  readonly name: {
    readonly symbol: string;
    readonly minutes: number;
    readonly timeframeLabel: string;
  } | null;
  readonly nameConfirmed: boolean;
  readonly reason: string | null;
  readonly message: string | null;
  readonly row: number | null;
  readonly rows: number | null;
  readonly first: number | null;
  readonly last: number | null;
  readonly stepSeconds: number | null;
  readonly warnings: readonly CandleWarning[];
}

export interface FileStamp {
  readonly bytes: number;
  readonly modifiedWallMs: number;
  /** Of the file's own record: a copy that keeps size and modification time is still another file. */
  readonly changedWallMs: number;
}

export type Checked =
  | { readonly ok: true; readonly check: CheckedCandles }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly retryable: boolean };

export interface CandleChecks {
  /** Null when there is no such file, or it cannot be looked at. */
  stamp(path: string): Promise<FileStamp | null>;
  check(path: string, acceptOutliers: boolean): Promise<Checked>;
}
