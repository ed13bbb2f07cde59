import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  contentHash,
  cutWindows,
  encodeCandleCsv,
  type Candles,
  type CandleWindow,
} from '../../../protocols/candles/index.js';
import type { CandleIntake } from './candle-intake.js';
import { IntakeError } from './error.js';
import type { CutFile, CutRequest, CutWindow } from './messages.js';
import { ensureFolder, writeAtomically } from './write-atomically.js';

/**
 * Writes a candle file's two windows, each under the hash of what it holds: the same window is the same file, however
 * often it is cut, and a file of that name never holds anything else.
 * @throws IntakeError `candles_refused`, `file_changed`, `disk_full`, `not_writable`, `io_failed`
 */
export function cutWindowFiles(request: CutRequest, intake: CandleIntake): CutFile {
  const { fileId, acceptance } = intake.accepted(request);
  if (request.fileId !== null && request.fileId !== fileId) {
    const message = `${request.path} holds ${fileId} by now, expected ${request.fileId}: check it again`;
    throw new IntakeError('file_changed', message);
  }
  ensureFolder(request.folder);
  const { candles, stepSeconds } = acceptance;
  const { inSample, outOfSample } = cutWindows(candles, request);
  const write = (window: CandleWindow): CutWindow | null => writeWindow(candles, window, request.folder);
  return { fileId, stepSeconds, inSample: write(inSample), outOfSample: write(outOfSample) };
}

function writeWindow(candles: Candles, window: CandleWindow, folder: string): CutWindow | null {
  const { fromIndex, toIndex, firstS, lastS, rows } = window;
  if (firstS === null || lastS === null) return null;
  const bytes = encodeCandleCsv(candles, fromIndex, toIndex);
  const windowId = contentHash(bytes);
  const file = path.resolve(folder, `${windowId}.csv`);
  if (!holds(file, windowId)) writeAtomically(file, bytes);
  return { windowId, path: file, rows, firstS, lastS };
}

/** The name alone is no proof: a disk may have lost what it was given. */
function holds(file: string, windowId: string): boolean {
  return existsSync(file) && contentHash(readFileSync(file)) === windowId;
}
