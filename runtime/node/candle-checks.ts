import { stat } from 'node:fs/promises';
import type { CandleChecks } from '../../actors/oos-requests/ports.js';
import type { System } from '../system.js';
import { IntakeError, intakeOf } from './intake.js';

/** The candle gate's eyes: the disk for a glance at a file, the tree's intake for what is in it. */
export const candleChecks = (system: () => Pick<System, 'ask'> | undefined): CandleChecks => ({
  async stamp(path) {
    try {
      const { size, mtimeMs, ctimeMs } = await stat(path);
      return { bytes: size, modifiedWallMs: mtimeMs, changedWallMs: ctimeMs };
    } catch {
      // The check says what is the matter with it.
      return null;
    }
  },

  async check(path, acceptOutliers) {
    const running = system();
    if (running === undefined)
      return { ok: false, code: 'starting', message: 'the tree is starting', retryable: true };
    try {
      return { ok: true, check: await intakeOf(running).checkCandles(path, { acceptOutliers }) };
    } catch (error) {
      if (!(error instanceof IntakeError)) throw error;
      const { code, message } = error;
      // The pool has tried a file that its thread did not survive twice already.
      return { ok: false, code, message, retryable: code === 'busy' };
    }
  },
});
