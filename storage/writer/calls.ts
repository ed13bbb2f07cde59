/** What a writer thread can be asked for, and how a transaction travels: each SQL text crosses once, then its number. */
import type { SqlValue, Statement, Transaction } from '../statement.js';

export interface TransactionCall {
  readonly type: 'transaction';
  /** Texts that the thread has not seen, with the numbers they go by from now on. */
  readonly texts: readonly (readonly [number, string])[];
  readonly statements: readonly (readonly [number | string, Statement['mode'], readonly SqlValue[]])[];
}

/** A whole result frame, decoded in the thread. */
export interface FrameCall {
  readonly type: 'ingest_frame';
  readonly frame: Uint8Array;
  readonly receivedWallMs: number;
}

/** A list that was decoded elsewhere. */
export interface TradesCall {
  readonly type: 'store_trades';
  readonly attemptId: string;
  readonly requestId: string | null;
  readonly exitS: Float64Array;
  readonly pnl: Float64Array;
  readonly receivedWallMs: number;
}

export type WriterCall = TransactionCall | FrameCall | TradesCall;

/** Compiled queries are some dozens; a text beyond the bound travels in full. */
const textsMax = 1_000;

/** One per thread: it is numbered for that thread's memory. */
export class TextNumbers {
  readonly #numbers = new Map<string, number>();

  encode(transaction: Transaction): TransactionCall {
    const texts: [number, string][] = [];
    const statements = transaction.statements.map(({ sql, mode, params }) => {
      const known = this.#numbers.get(sql);
      if (known !== undefined) return [known, mode, params] as const;
      if (this.#numbers.size >= textsMax) return [sql, mode, params] as const;
      const number = this.#numbers.size;
      this.#numbers.set(sql, number);
      texts.push([number, sql]);
      return [number, mode, params] as const;
    });
    return { type: 'transaction', texts, statements };
  }
}

const statementBytes = 24;

/** An estimate: what counts are long texts and bytes. */
export function bytesOf(transaction: Transaction): number {
  let bytes = 0;
  for (const { params } of transaction.statements) {
    bytes += statementBytes;
    for (const value of params) {
      if (typeof value === 'string') bytes += value.length;
      else if (value instanceof Uint8Array) bytes += value.byteLength;
      else bytes += 8;
    }
  }
  return bytes;
}
