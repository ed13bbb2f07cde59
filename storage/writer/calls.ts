/** What a writer thread can be asked for, and how a transaction travels: each SQL text crosses once, then its number. */
import type { SqlValue, Statement, Transaction, When } from '../statement.js';

/** A text or its number, how to run it, its values, and its condition if it has one. */
export type StatementCall = readonly [
  text: number | string,
  mode: Statement['mode'],
  params: readonly SqlValue[],
  when?: When,
];

export interface TransactionCall {
  readonly type: 'transaction';
  /** Texts that the thread has not seen, with the numbers they go by from now on. */
  readonly texts: readonly (readonly [number, string])[];
  readonly statements: readonly StatementCall[];
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

/** Between the calls of others: marks what is acknowledged, looks whether the file is still there, shortens the WAL. */
export interface TendCall {
  readonly type: 'tend';
}

export type WriterCall = TransactionCall | FrameCall | TradesCall | TendCall;

/** Compiled queries are some dozens; a text beyond the bound travels in full. */
const textsMax = 1_000;

/** One per thread: it is numbered for that thread's memory. */
export class TextNumbers {
  readonly #numbers = new Map<string, number>();

  encode(transaction: Transaction): TransactionCall {
    const texts: [number, string][] = [];
    const statements = transaction.statements.map(({ sql, mode, params, when }): StatementCall => {
      const text = this.#numberOf(sql, texts);
      return when === undefined ? [text, mode, params] : [text, mode, params, when];
    });
    return { type: 'transaction', texts, statements };
  }

  #numberOf(sql: string, texts: [number, string][]): number | string {
    const known = this.#numbers.get(sql);
    if (known !== undefined) return known;
    if (this.#numbers.size >= textsMax) return sql;
    const number = this.#numbers.size;
    this.#numbers.set(sql, number);
    texts.push([number, sql]);
    return number;
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
