/** What a writer thread can be asked for, and how a transaction travels: each SQL text crosses once, then its number. */
import type { Part, Sequence } from '../sequence.js';
import { SequenceStatement } from '../sequence.js';
import type { SqlValue, Statement, Transaction, When } from '../statement.js';

/** A text or its number, how to run it, its values, and its condition if it has one. */
export type StatementCall = readonly [
  text: number | string,
  mode: Statement['mode'],
  params: readonly SqlValue[],
  when?: When,
];

/** A whole sequence by its number, and its values. */
export interface SequenceCall {
  readonly sequence: number;
  readonly values: readonly SqlValue[];
}

export interface TransactionCall {
  readonly type: 'transaction';
  /** Texts that the thread has not seen, with the numbers they go by from now on. */
  readonly texts: readonly (readonly [number, string])[];
  /** Sequences that the thread has not seen, likewise. */
  readonly sequences: readonly (readonly [number, readonly Part[]])[];
  readonly statements: readonly (StatementCall | SequenceCall)[];
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

/** One per thread: it is numbered for that thread's memory. Sequences are declared in the code, so they are few. */
export class TextNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #sequences = new Map<Sequence, number>();

  encode({ statements }: Transaction): TransactionCall {
    const texts: [number, string][] = [];
    const sequences: [number, readonly Part[]][] = [];
    const calls: (StatementCall | SequenceCall)[] = [];
    for (let place = 0; place < statements.length; place += 1) {
      const use = wholeSequence(statements, place);
      if (use !== undefined) {
        calls.push({ sequence: this.#numberOfSequence(use.sequence, sequences), values: use.values });
        place += use.sequence.parts.length - 1;
      } else {
        const { sql, mode, params, when } = statements[place] as Statement;
        const text = this.#numberOf(sql, texts);
        calls.push(when === undefined ? [text, mode, params] : [text, mode, params, when]);
      }
    }
    return { type: 'transaction', texts, sequences, statements: calls };
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

  #numberOfSequence(sequence: Sequence, sequences: [number, readonly Part[]][]): number {
    const known = this.#sequences.get(sequence);
    if (known !== undefined) return known;
    const number = this.#sequences.size;
    this.#sequences.set(sequence, number);
    sequences.push([number, sequence.parts]);
    return number;
  }
}

/** @returns the first statement, if those from here on are one whole use of a sequence */
function wholeSequence(statements: readonly Statement[], from: number): SequenceStatement | undefined {
  const first = statements[from];
  if (!(first instanceof SequenceStatement) || first.place !== 0) return undefined;
  const isWhole = first.sequence.parts.every((_, place) => {
    const statement = statements[from + place];
    return (
      statement instanceof SequenceStatement && statement.values === first.values && statement.place === place
    );
  });
  return isWhole ? first : undefined;
}

const statementBytes = 24;

/** An estimate: what counts are long texts and bytes. */
export function bytesOf(transaction: Transaction): number {
  let bytes = 0;
  for (const statement of transaction.statements) {
    bytes += statementBytes;
    // The values of a sequence are in its first statement's weight.
    if (!(statement instanceof SequenceStatement)) bytes += weightOf(statement.params);
    else if (statement.place === 0) bytes += weightOf(statement.values);
  }
  return bytes;
}

function weightOf(values: readonly SqlValue[]): number {
  let bytes = 0;
  for (const value of values) {
    if (typeof value === 'string') bytes += value.length;
    else if (value instanceof Uint8Array) bytes += value.byteLength;
    else bytes += 8;
  }
  return bytes;
}
