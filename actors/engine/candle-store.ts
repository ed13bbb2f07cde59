import {
  candleBytes,
  contentHash,
  decodeCandleCsv,
  type CandleVerdict,
  type Candles,
} from '../../protocols/candles/index.js';
import type { CandleFilePort, CandleFileProblem, CandleFileState } from './candle-files.js';
import { confinePath, isInside } from './confine-path.js';

export interface CandleStoreConfig {
  /** Absolute folders; no file outside of them is ever opened. */
  readonly folders: readonly string[];
  /** Bytes of parsed bars kept. @defaultValue 512 MiB, two files of minute bars over twelve years */
  readonly cacheBytesMax?: number;
  /** Larger files are refused unread. @defaultValue 512 MiB */
  readonly fileBytesMax?: number;
}

export const storeDefaults = { cacheBytesMax: 512 * 1024 * 1024, fileBytesMax: 512 * 1024 * 1024 } as const;

export interface LoadedCandles {
  readonly ok: true;
  readonly candles: Candles;
  /** SHA-256 of the file's bytes, hex. */
  readonly contentHash: string;
}

/** `candles_unreadable` is the disk's weather and may pass; the others stay as they are. */
export interface CandleLoadFailure {
  readonly ok: false;
  readonly code: 'path_refused' | 'candles_missing' | 'candles_unreadable' | 'bad_candles';
  readonly message: string;
}

export type CandleLoad = LoadedCandles | CandleLoadFailure;

/** What an entry costs beside its bars; keeps refusals, which hold no bars, from being free. */
const entryBytes = 4_096;

interface Entry {
  readonly version: string;
  readonly load: CandleLoad;
  readonly bytes: number;
}

/**
 * Candle files parsed once per version and kept while there is room, the least recently used leaving first. A file
 * that changed is read again: its path alone never vouches for its content. Refused files are remembered too, so
 * that a hundred requests for a broken file parse it once.
 *
 * Outliers are accepted here: whether they may be used is decided where a run's files are chosen, and what was
 * chosen must be computed as Guardian would.
 */
export class CandleStore {
  readonly #entries = new Map<string, Entry>();
  readonly #config: Required<CandleStoreConfig>;
  #bytes = 0;

  constructor(
    readonly files: CandleFilePort,
    config: CandleStoreConfig,
  ) {
    this.#config = { ...storeDefaults, ...config };
  }

  /** Bytes of parsed bars held now. */
  get bytes(): number {
    return this.#bytes;
  }

  load(asked: string): CandleLoad {
    const found = this.#find(asked);
    if (!found.ok) return found;
    const kept = this.#entries.get(found.realPath);
    if (kept?.version === found.version) {
      this.#entries.delete(found.realPath);
      this.#entries.set(found.realPath, kept);
      return kept.load;
    }
    return this.#read(found, asked);
  }

  #find(asked: string): CandleFileState | CandleLoadFailure {
    const { folders } = this.#config;
    const candidates = confinePath(asked, folders);
    if (candidates.length === 0) return outside(asked);
    let problem: CandleLoadFailure | null = null;
    for (const candidate of candidates) {
      const state = this.files.inspect(candidate);
      if (!state.ok) {
        // A file that is there but cannot be read says more than its absence elsewhere.
        if (problem === null || state.code === 'candles_unreadable') problem = unavailable(asked, state);
        continue;
      }
      const real = folders.map((folder) => this.files.realFolder(folder));
      const inside = real.some((folder) => folder !== null && isInside(state.realPath, folder));
      return inside ? state : outside(asked);
    }
    return problem ?? outside(asked);
  }

  #read(state: CandleFileState, asked: string): CandleLoad {
    const { fileBytesMax } = this.#config;
    if (state.bytes > fileBytesMax) {
      const message = `${shortened(asked)}: ${state.bytes} bytes, expected at most ${fileBytesMax}`;
      return { ok: false, code: 'bad_candles', message };
    }
    const read = this.files.read(state.realPath);
    if (!read.ok) return unavailable(asked, read);
    const after = this.files.inspect(state.realPath);
    if (!after.ok) return unavailable(asked, after);
    if (after.version !== state.version) {
      return unavailable(asked, {
        ok: false,
        code: 'candles_unreadable',
        detail: 'it changed while being read',
      });
    }
    const verdict = decodeCandleCsv(read.bytes, { bytesMax: fileBytesMax, acceptOutliers: true });
    const load = loadOf(verdict, read.bytes, asked);
    this.#keep(state, load);
    return load;
  }

  #keep({ realPath, version }: CandleFileState, load: CandleLoad): void {
    const bytes = entryBytes + (load.ok ? load.candles.length * candleBytes : 0);
    this.#drop(realPath);
    if (bytes > this.#config.cacheBytesMax) return;
    this.#entries.set(realPath, { version, load, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#config.cacheBytesMax) break;
      this.#drop(oldest);
    }
  }

  #drop(realPath: string): void {
    this.#bytes -= this.#entries.get(realPath)?.bytes ?? 0;
    this.#entries.delete(realPath);
  }
}

function loadOf(verdict: CandleVerdict, bytes: Uint8Array, asked: string): CandleLoad {
  if (verdict.verdict === 'refused') {
    return { ok: false, code: 'bad_candles', message: `${shortened(asked)}: ${verdict.message}` };
  }
  return { ok: true, candles: verdict.candles, contentHash: contentHash(bytes) };
}

const outside = (asked: string): CandleLoadFailure => ({
  ok: false,
  code: 'path_refused',
  message: `${shortened(asked)}: expected a file inside the configured candle folders`,
});

const unavailable = (asked: string, { code, detail }: CandleFileProblem): CandleLoadFailure => ({
  ok: false,
  code,
  message: `${shortened(asked)}: ${detail}`,
});

const shortened = (asked: string): string =>
  JSON.stringify(asked.length > 200 ? `…${asked.slice(-200)}` : asked);
