import type { CandleAcceptance, CandleRefusal } from '../../protocols/candles/index.js';
import type { ImportRefusal, StrategyImport } from '../../protocols/strategies/index.js';
import type { UsableCandles } from './choose-candles.js';

/** The gate's word on a file, without its bars: those stay in the thread that read them. */
export type GatedFile =
  | {
      readonly ok: true;
      readonly fileId: string;
      readonly verdict: CandleRefusal | Omit<CandleAcceptance, 'candles'>;
    }
  | { readonly ok: false; readonly message: string };

export interface CutWindow {
  readonly kind: 'in_sample' | 'oos';
  /** SHA-256 of the window's file. */
  readonly windowId: string;
  readonly fileName: string;
  readonly firstS: number;
  readonly lastS: number;
  readonly rows: number;
}

/** Reading and cutting of input files, done off the main thread. */
export interface JobIntake {
  importStrategies(file: string): Promise<StrategyImport | ImportRefusal>;
  gate(file: string, options: { readonly acceptOutliers: boolean }): Promise<GatedFile>;
  /** Windows without a bar are left out. The files are there, whole, when this resolves. */
  cut(file: UsableCandles, windowsFolder: string): Promise<readonly CutWindow[]>;
  close(): Promise<void>;
}
