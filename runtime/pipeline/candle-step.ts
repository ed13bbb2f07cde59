import path from 'node:path';
import type { CandleFile, CandleWindow } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import { checkCandleFileName, confirmTimeframe } from '../../protocols/candles/index.js';
import type { CandleRefusal } from '../../protocols/candles/index.js';
import type { Summary } from '../../protocols/summary.js';
import type { UsableCandles } from './choose-candles.js';
import { goOn, patiently } from './job-context.js';
import type { JobContext } from './job-context.js';
import type { GatedFile, JobIntake } from './job-intake.js';
import type { Window } from './request-of.js';

export interface GatedFolder {
  readonly usable: readonly UsableCandles[];
  readonly candles: Summary['candles'];
}

/** Checks every candle file of a folder, records the verdicts, and says which can be tested on. */
export async function gateFolder(
  context: JobContext,
  intake: JobIntake,
  files: readonly string[],
  acceptOutliers: boolean,
): Promise<GatedFolder> {
  const { progress } = context;
  const usable: UsableCandles[] = [];
  const accepted: string[] = [];
  const refused: { file: string; reason: string }[] = [];
  const rows: CandleFile[] = [];
  progress.begin('candles', files.length);
  for (const [index, file] of files.entries()) {
    goOn(context);
    const judged = judge(file, await intake.gate(file, { acceptOutliers }));
    rows.push(...(judged.row === null ? [] : [{ ...judged.row, checkedWallMs: context.clock.wallMs() }]));
    if (judged.ok) {
      usable.push(judged.usable);
      accepted.push(path.basename(file));
    } else refused.push({ file: path.basename(file), reason: judged.reason });
    progress.advance('candles', index + 1, refused.length);
  }
  await patiently(context, 'record the candle files', (options) =>
    context.system.ask(db.core, { type: 'record_candle_files', files: rows }, options),
  );
  progress.end('candles');
  return { usable, candles: { accepted, refused } };
}

type Row = Omit<CandleFile, 'checkedWallMs'>;

type Judged =
  | { readonly ok: true; readonly usable: UsableCandles; readonly row: Row }
  /** `row` null: the bytes could not be read, so there is no content to name. */
  | { readonly ok: false; readonly reason: string; readonly row: Row | null };

/** Content first, then the name: what the name claims must be what the rows are. */
function judge(file: string, gated: GatedFile): Judged {
  const name = path.basename(file);
  const parsed = checkCandleFileName(name);
  const known = { name, symbol: parsed?.symbol ?? null, timeframeMinutes: parsed?.minutes ?? null };
  if (!gated.ok) return { ok: false, reason: `unreadable: ${gated.message}`, row: null };
  const { fileId, verdict } = gated;
  if (verdict.verdict === 'refused') return refusedByContent(fileId, known, verdict);
  const { rows, first, last, stepSeconds, warnings } = verdict;
  const measured = {
    rows,
    firstS: first,
    lastS: last,
    stepS: stepSeconds,
    warningsJson: JSON.stringify(warnings),
  };
  const asAccepted = {
    fileId,
    ...known,
    ...measured,
    verdict: 'accepted',
    reason: null,
    message: null,
    row: null,
  } as const;
  if (parsed !== null && confirmTimeframe(parsed.minutes, stepSeconds)) {
    const { symbol, minutes } = parsed;
    return {
      ok: true,
      usable: { fileId, path: file, symbol, minutes, firstS: first, lastS: last },
      row: asAccepted,
    };
  }
  const [reason, message] =
    parsed === null
      ? ['unknown_name', `found the name ${name}, expected SYMBOL_TF.csv such as USDJPY_H1.csv`]
      : [
          'step_disagrees',
          `found a commonest step of ${stepSeconds ?? 'unknown'} s, expected ${parsed.minutes * 60} s by the name`,
        ];
  return {
    ok: false,
    reason: `${reason}: ${message}`,
    row: { ...asAccepted, verdict: 'refused', reason, message },
  };
}

function refusedByContent(
  fileId: string,
  known: Pick<CandleFile, 'name' | 'symbol' | 'timeframeMinutes'>,
  { reason, message, row }: CandleRefusal,
): Judged {
  const unmeasured = { rows: null, firstS: null, lastS: null, stepS: null, warningsJson: null };
  return {
    ok: false,
    reason: message,
    row: { fileId, ...known, ...unmeasured, verdict: 'refused', reason, message, row },
  };
}

/**
 * Cuts the in-sample window of each file that is tested on, once.
 * @returns by file id; null for a file without a single bar before its newest part
 */
export async function cutFiles(
  context: JobContext,
  intake: JobIntake,
  files: readonly UsableCandles[],
  windowsFolder: string,
): Promise<ReadonlyMap<string, Window | null>> {
  const { progress } = context;
  const windows = new Map<string, Window | null>();
  const rows: CandleWindow[] = [];
  progress.begin('windows', files.length);
  for (const file of files) {
    goOn(context);
    const cut = await intake.cut(file, windowsFolder);
    for (const window of cut)
      rows.push({
        windowId: window.windowId,
        sourceFileId: file.fileId,
        kind: window.kind,
        symbol: file.symbol,
        stepS: file.minutes * 60,
        firstS: window.firstS,
        lastS: window.lastS,
        rows: window.rows,
        path: window.fileName,
      });
    const inSample = cut.find(({ kind }) => kind === 'in_sample');
    windows.set(file.fileId, inSample === undefined ? null : { ...inSample, symbol: file.symbol });
    progress.advance('windows', windows.size);
  }
  await patiently(context, 'record the windows', (options) =>
    context.system.ask(db.core, { type: 'record_candle_windows', windows: rows }, options),
  );
  progress.end('windows');
  return windows;
}
