import path from 'node:path';
import type { CandleWindow } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import { names as oos } from '../../protocols/oos-requests.js';
import type { GatedFile, Window } from '../../protocols/oos-requests.js';
import type { Summary } from '../../protocols/summary.js';
import type { CutWindow, Intake } from '../node/intake.js';
import type { UsableCandles } from './choose-candles.js';
import { goOn, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import { orFail } from './job-intake.js';

export interface GatedFolder {
  readonly usable: readonly UsableCandles[];
  readonly candles: Summary['candles'];
}

/** A large file takes its time, and files are read one after the other. */
const gateMs = 600_000;

/** Has the gate look at every candle file of a folder, and says which can be tested on. A refusal is told at once. */
export async function gateFolder(
  context: JobContext,
  files: readonly string[],
  acceptOutliers: boolean,
): Promise<GatedFolder> {
  const { progress, system } = context;
  const usable: UsableCandles[] = [];
  const accepted: string[] = [];
  const refused: { file: string; reason: string }[] = [];
  progress.begin('candles', files.length);
  for (const [index, file] of files.entries()) {
    goOn(context);
    const gated = await patiently(context, `check ${file}`, () =>
      system.ask(
        oos.candleGate,
        { type: 'check_file', path: file, acceptOutliers },
        { deadlineMs: gateMs, signal: context.signal },
      ),
    );
    const candles = usableOf(gated);
    if (candles !== null) {
      usable.push(candles);
      accepted.push(gated.name);
    } else refused.push({ file: gated.name, reason: gated.message ?? 'unknown' });
    progress.advance('candles', index + 1, refused.length);
  }
  progress.end('candles');
  return { usable, candles: { accepted, refused } };
}

function usableOf({ path: file, fileId, symbol, minutes, firstS, lastS }: GatedFile): UsableCandles | null {
  if (fileId === null || symbol === null || minutes === null || firstS === null || lastS === null)
    return null;
  return { fileId, path: file, symbol, minutes, firstS, lastS };
}

/** The two parts of a file; null for one without a bar. */
export interface CutCandles {
  readonly inSample: Window | null;
  readonly outOfSample: Window | null;
}

/**
 * Cuts each file that is tested on in two, once, and records both parts, so that what is kept back is known from the
 * beginning.
 * @returns the windows by file id
 */
export async function cutFiles(
  context: JobContext,
  intake: Intake,
  files: readonly UsableCandles[],
  options: { readonly folder: string; readonly acceptOutliers: boolean },
): Promise<ReadonlyMap<string, CutCandles>> {
  const { progress } = context;
  const windows = new Map<string, CutCandles>();
  const rows: CandleWindow[] = [];
  progress.begin('windows', files.length);
  for (const file of files) {
    goOn(context);
    const { fileId, symbol } = file;
    const { inSample, outOfSample } = await orFail(
      `cut ${file.path}`,
      intake.cutWindows(file.path, { ...options, fileId }),
    );
    if (inSample !== null) rows.push(windowRow(file, 'in_sample', inSample));
    if (outOfSample !== null) rows.push(windowRow(file, 'oos', outOfSample));
    windows.set(fileId, { inSample: windowOf(inSample, symbol), outOfSample: windowOf(outOfSample, symbol) });
    progress.advance('windows', windows.size);
  }
  await patiently(context, 'record the windows', (deadline) =>
    context.system.ask(db.core, { type: 'record_candle_windows', windows: rows }, deadline),
  );
  progress.end('windows');
  return windows;
}

function windowOf(cut: CutWindow | null, symbol: string): Window | null {
  if (cut === null) return null;
  const { windowId, firstS, lastS } = cut;
  return { windowId, fileName: path.basename(cut.path), symbol, firstS, lastS };
}

const windowRow = (file: UsableCandles, kind: CandleWindow['kind'], window: CutWindow): CandleWindow => ({
  windowId: window.windowId,
  sourceFileId: file.fileId,
  kind,
  symbol: file.symbol,
  stepS: file.minutes * 60,
  firstS: window.firstS,
  lastS: window.lastS,
  rows: window.rows,
  path: path.basename(window.path),
});
