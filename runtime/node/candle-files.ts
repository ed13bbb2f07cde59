import { readFileSync, realpathSync, statSync } from 'node:fs';
import type { CandleFilePort, CandleFileProblem } from '../../actors/engine/candle-files.js';

/** The disk as the engine's workers see it. Synchronous, because nothing else waits in their thread. */
export const candleFiles: CandleFilePort = {
  realFolder(folder) {
    try {
      return realpathSync(folder);
    } catch {
      return null;
    }
  },

  inspect(path) {
    try {
      const realPath = realpathSync(path);
      const stat = statSync(realPath, { bigint: true });
      if (!stat.isFile()) return { ok: false, code: 'candles_missing', detail: 'it is no file' };
      // The change time too: a copy that keeps size and modification time is still another file.
      const version = [stat.size, stat.mtimeNs, stat.ctimeNs, stat.dev, stat.ino].join(':');
      return { ok: true, realPath, bytes: Number(stat.size), version };
    } catch (error) {
      return problem(error);
    }
  },

  read(realPath) {
    try {
      return { ok: true, bytes: readFileSync(realPath) };
    } catch (error) {
      return problem(error);
    }
  },
};

const missing = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function problem(error: unknown): CandleFileProblem {
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  const code = coded ? String(error.code) : 'unknown error';
  if (missing.has(code)) return { ok: false, code: 'candles_missing', detail: `no such file (${code})` };
  return { ok: false, code: 'candles_unreadable', detail: `it cannot be read (${code})` };
}
