import path from 'node:path';
import type { CandleFile, CandleWindow } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import type { Summary } from '../../protocols/summary.js';
import type { CandleCheck, CutWindow, Intake } from '../node/intake.js';
import type { UsableCandles } from './choose-candles.js';
import { goOn, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import { orFail } from './job-intake.js';
import type { Window } from './request-of.js';

export interface GatedFolder {
  readonly usable: readonly UsableCandles[];
  readonly candles: Summary['candles'];
}

/** Checks every candle file of a folder, records the verdicts, and says which can be tested on. */
export async function gateFolder(
  context: JobContext,
  intake: Intake,
  files: readonly string[],
  acceptOutliers: boolean,
): Promise<GatedFolder> {
  const { progress, clock } = context;
  const usable: UsableCandles[] = [];
  const accepted: string[] = [];
  const refused: { file: string; reason: string }[] = [];
  const rows: CandleFile[] = [];
  progress.begin('candles', files.length);
  for (const [index, file] of files.entries()) {
    goOn(context);
    const check = await orFail(`check ${file}`, intake.checkCandles(file, { acceptOutliers }));
    const refusal = refusalOf(check);
    const candles = refusal === null ? usableOf(check) : null;
    if (candles !== null) {
      usable.push(candles);
      accepted.push(check.file);
    } else refused.push({ file: check.file, reason: refusal?.message ?? 'unknown' });
    if (check.fileId !== null) rows.push(rowOf(check, check.fileId, refusal, clock.wallMs()));
    progress.advance('candles', index + 1, refused.length);
  }
  await patiently(context, 'record the candle files', (options) =>
    context.system.ask(db.core, { type: 'record_candle_files', files: rows }, options),
  );
  progress.end('candles');
  return { usable, candles: { accepted, refused } };
}

interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Content first, then the name: what the name claims must be what the rows are. */
function refusalOf(check: CandleCheck): Refusal | null {
  const { verdict, reason, message, name, nameConfirmed, file, stepSeconds } = check;
  if (verdict === 'refused')
    return { reason: reason ?? 'unknown', message: message ?? 'refused without a reason' };
  if (nameConfirmed) return null;
  if (name === null) {
    const text = `found the name ${file}, expected SYMBOL_TF.csv such as USDJPY_H1.csv`;
    return { reason: 'unknown_name', message: `unknown_name: ${text}` };
  }
  const found =
    stepSeconds === null ? 'a single row, without a step' : `a commonest step of ${stepSeconds} s`;
  const text = `found ${found}, expected ${name.minutes * 60} s as ${name.timeframeLabel} in the name says`;
  return { reason: 'step_disagrees', message: `step_disagrees: ${text}` };
}

function usableOf({ fileId, path: file, name, first, last }: CandleCheck): UsableCandles | null {
  if (fileId === null || name === null || first === null || last === null) return null;
  return { fileId, path: file, symbol: name.symbol, minutes: name.minutes, firstS: first, lastS: last };
}

const rowOf = (
  check: CandleCheck,
  fileId: string,
  refusal: Refusal | null,
  checkedWallMs: number,
): CandleFile => ({
  fileId,
  name: check.file,
  symbol: check.name?.symbol ?? null,
  timeframeMinutes: check.name?.minutes ?? null,
  verdict: refusal === null ? 'accepted' : 'refused',
  reason: refusal?.reason ?? null,
  message: refusal?.message ?? null,
  row: check.row,
  rows: check.rows,
  firstS: check.first,
  lastS: check.last,
  stepS: check.stepSeconds,
  warningsJson: check.warnings.length === 0 ? null : JSON.stringify(check.warnings),
  checkedWallMs,
});

/**
 * Cuts each file that is tested on in two, once. The out-of-sample part is written and recorded as well, so that what
 * was kept back is known from the beginning.
 * @returns the in-sample window by file id; null for a file without a single bar before its newest part
 */
export async function cutFiles(
  context: JobContext,
  intake: Intake,
  files: readonly UsableCandles[],
  options: { readonly folder: string; readonly acceptOutliers: boolean },
): Promise<ReadonlyMap<string, Window | null>> {
  const { progress } = context;
  const windows = new Map<string, Window | null>();
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
    windows.set(
      fileId,
      inSample === null ? null : { ...inSample, fileName: path.basename(inSample.path), symbol },
    );
    progress.advance('windows', windows.size);
  }
  await patiently(context, 'record the windows', (deadline) =>
    context.system.ask(db.core, { type: 'record_candle_windows', windows: rows }, deadline),
  );
  progress.end('windows');
  return windows;
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
