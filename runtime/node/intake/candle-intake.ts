import path from 'node:path';
import {
  candleBytes,
  checkCandleFileName,
  confirmTimeframe,
  contentHash,
  decodeCandleCsv,
  gateDefaults,
  type CandleAcceptance,
  type CandleRefusal,
} from '../../../protocols/candles/index.js';
import { candleFiles } from '../candle-files.js';
import { IntakeError } from './error.js';
import type { CandleCheck, CheckRequest } from './messages.js';

/** An accepted file with its bars in memory. */
export interface ParsedFile {
  readonly fileId: string;
  readonly bytes: number;
  readonly acceptance: CandleAcceptance;
}

type Parsed =
  | ({ readonly ok: true } & ParsedFile)
  | {
      readonly ok: false;
      readonly fileId: string | null;
      readonly bytes: number | null;
      readonly refusal: Refusal;
    };

type Refusal = Omit<CandleRefusal, 'reason'> & { readonly reason: NonNullable<CandleCheck['reason']> };

/**
 * Checks candle files, and keeps the bars of those it accepted last, for the cut that follows. A file is known by place and
 * version on the disk, so one that was changed in between is read again.
 */
export class CandleIntake {
  /** Oldest use first. */
  readonly #kept = new Map<string, ParsedFile>();
  #keptBytes = 0;

  constructor(readonly cacheBytesMax: number) {}

  check({ path: file, acceptOutliers }: CheckRequest): CandleCheck {
    const name = checkCandleFileName(path.basename(file));
    const parsed = this.#parse(file, acceptOutliers);
    const place = { path: file, file: path.basename(file), fileId: parsed.fileId, bytes: parsed.bytes, name };
    if (!parsed.ok) {
      const { verdict, reason, message, row, found, expected } = parsed.refusal;
      const unknown = { rows: null, first: null, last: null, stepSeconds: null, warnings: [] };
      return { ...place, nameConfirmed: false, verdict, reason, message, row, found, expected, ...unknown };
    }
    const { verdict, rows, first, last, stepSeconds, warnings } = parsed.acceptance;
    const nameConfirmed = name !== null && confirmTimeframe(name.minutes, stepSeconds);
    const sound = { reason: null, message: null, row: null, found: null, expected: null };
    return { ...place, nameConfirmed, verdict, ...sound, rows, first, last, stepSeconds, warnings };
  }

  /** @throws IntakeError `candles_refused` */
  accepted({ path: file, acceptOutliers }: CheckRequest): ParsedFile {
    const parsed = this.#parse(file, acceptOutliers);
    if (parsed.ok) return parsed;
    throw new IntakeError('candles_refused', `${file}: ${parsed.refusal.message}`);
  }

  #parse(file: string, acceptOutliers: boolean): Parsed {
    const inspected = candleFiles.inspect(file);
    if (!inspected.ok) return unread(inspected);
    const { realPath, version, bytes: size } = inspected;
    const key = `${realPath}\n${version}\n${acceptOutliers}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return { ok: true, ...known };
    }
    if (size > gateDefaults.bytesMax) return tooLarge(size);
    const read = candleFiles.read(realPath);
    if (!read.ok) return unread(read);
    const fileId = contentHash(read.bytes);
    const verdict = decodeCandleCsv(read.bytes, { acceptOutliers });
    const bytes = read.bytes.length;
    if (verdict.verdict === 'refused') return { ok: false, fileId, bytes, refusal: verdict };
    const parsed = { fileId, bytes, acceptance: verdict };
    this.#keep(key, parsed);
    return { ok: true, ...parsed };
  }

  #keep(key: string, parsed: ParsedFile): void {
    const weight = weightOf(parsed);
    if (weight > this.cacheBytesMax) return;
    this.#kept.set(key, parsed);
    this.#keptBytes += weight;
    for (const [oldest, { acceptance, ...rest }] of this.#kept) {
      if (this.#keptBytes <= this.cacheBytesMax) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= weightOf({ acceptance, ...rest });
    }
  }
}

/** Room was made for the shortest possible rows, so what is held is the buffer and not the view of it. */
const weightOf = ({ acceptance: { candles } }: ParsedFile): number =>
  Math.max(candles.length * candleBytes, candles.timeS.buffer.byteLength * 6);

function unread({ code, detail }: { readonly code: string; readonly detail: string }): Parsed {
  const reason = code === 'candles_missing' ? 'file_missing' : 'file_unreadable';
  const expected = 'a file that can be read';
  const message = `${reason}: found that ${detail}, expected ${expected}`;
  const refusal: Refusal = { verdict: 'refused', reason, message, row: null, found: detail, expected };
  return { ok: false, fileId: null, bytes: null, refusal };
}

/** As the gate says it, and before the bytes are in memory. */
function tooLarge(bytes: number): Parsed {
  const [found, expected] = [`${bytes} bytes`, `at most ${gateDefaults.bytesMax} bytes`];
  const message = `file_too_large: found ${found}, expected ${expected}`;
  const refusal: Refusal = {
    verdict: 'refused',
    reason: 'file_too_large',
    message,
    row: null,
    found,
    expected,
  };
  return { ok: false, fileId: null, bytes, refusal };
}
