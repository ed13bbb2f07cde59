/**
 * What can be asked of the stores. Every verb is one transaction and repeatable: asked again with the same ids after a
 * lost answer it changes nothing more. Times are wall-clock ms since the epoch.
 */
import { name } from './name.js';
import type { Replies } from './name.js';
import type { Verb } from './db-answer.js';
import type { KpiReaderMsg } from './db-kpis.js';
import type { NotifierCoreMsg, NotifierReaderMsg } from './db-notifier.js';
import type { OosCoreMsg, OosReaderMsg } from './db-oos.js';
import type { PairCoreMsg, PairReaderMsg } from './db-pairs.js';
import type { RetentionCoreMsg, RetentionReaderMsg, RetentionTradesMsg } from './db-retention.js';
import type {
  AttemptFailure,
  AttemptStanding,
  CandleFile,
  CandleWindow,
  DispatchSetting,
  FailureOutcome,
  ImportedRecord,
  LeaseAnswer,
  NewRequest,
  NewResult,
  RecordDisposition,
  Returned,
  SubmitOutcome,
  SuccessOutcome,
  RequestState,
} from './db-rows.js';
import type { BacktestFailed, BacktestOk, WireError } from './backtest-wire/index.js';
import type {
  KindCount,
  Latency,
  OpenAttempts,
  RankCount,
  RequestCount,
  RequestOutcome,
  StoredResult,
  StoredStrategy,
} from './db-views.js';

/** The core file: requests, attempts, results, ranks and what they refer to. */
export type CoreMsg =
  | NotifierCoreMsg
  | OosCoreMsg
  | PairCoreMsg
  | RetentionCoreMsg
  /** `isNew`: nobody has registered this id before. */
  | Verb<'register_boot', { bootId: string; startedWallMs: number; pid: number }, { readonly isNew: boolean }>
  /** Whatever is open under any other boot is abandoned and queued again. `crash` counts it against the requests. */
  | Verb<'recover', { bootId: string; wallMs: number; crash: boolean }, readonly Returned[]>
  | Verb<'submit_requests', { requests: readonly NewRequest[] }, readonly SubmitOutcome[]>
  /** For what cannot even be tried: stored as failed at once. */
  | Verb<
      'record_failed_requests',
      {
        requests: readonly {
          readonly request: NewRequest;
          readonly code: string;
          readonly message: string;
        }[];
      },
      readonly SubmitOutcome[]
    >
  | Verb<
      'lease_due',
      {
        attemptIds: readonly string[];
        bootId: string;
        backend: string;
        wallMs: number;
        /** So many of the ids, at their end, go to whatever has waited longest, whatever its priority. */
        longestWaiting: number;
      },
      LeaseAnswer
    >
  | Verb<'note_sent', { attemptIds: readonly string[]; wallMs: number }, null>
  /** Null: we never leased such an attempt. */
  | Verb<'attempt_standing', { attemptId: string }, AttemptStanding | null>
  | Verb<'apply_success', { result: NewResult; lateSummaryJson: string }, SuccessOutcome>
  | Verb<'apply_failure', { failure: AttemptFailure }, FailureOutcome>
  /** Hands leases back; no attempt is used up. `crash` counts it against the requests. */
  | Verb<
      'return_leases',
      { attemptIds: readonly string[]; wallMs: number; crash: boolean },
      readonly Returned[]
    >
  /** The ids that have expired now, at most `limit`. */
  | Verb<'expire_overdue', { wallMs: number; limit: number }, readonly string[]>
  | Verb<'cancel_request', { requestId: string; wallMs: number; reason: string }, boolean>
  /** Dead-lettered: queued again with all its attempts. Answers its state before; null for an unknown id. */
  | Verb<'redrive_request', { requestId: string; wallMs: number }, RequestState | null>
  | Verb<'dispatch_settings', unknown, readonly DispatchSetting[]>
  | Verb<
      'change_dispatch_settings',
      { settings: readonly DispatchSetting[]; wallMs: number; changedBy: string },
      null
    >
  | Verb<'import_records', { records: readonly ImportedRecord[] }, readonly RecordDisposition[]>
  | Verb<'record_candle_files', { files: readonly CandleFile[] }, null>
  | Verb<'record_candle_windows', { windows: readonly CandleWindow[] }, null>;

/** The answer in a frame without its trade list; `refused`: unreadable, nothing was stored. */
export type IngestAnswer =
  | {
      readonly type: 'ingested';
      readonly summary: Omit<BacktestOk, 'trades'> | BacktestFailed;
      readonly trades: TradesReceipt | null;
    }
  | { readonly type: 'refused'; readonly error: WireError };

export interface TradesReceipt {
  readonly attemptId: string;
  readonly count: number;
  readonly sha256: string;
  readonly standing: 'stored' | 'duplicate' | 'different';
}

/** The trades file: a whole result frame is decoded and its list stored off the main thread. */
export type TradesMsg =
  Verb<'ingest_frame', { frame: Uint8Array; receivedWallMs: number }, IngestAnswer> | RetentionTradesMsg;

/** Queries on the core file, bounded in rows and time; they see what is committed. */
export type ReaderMsg =
  | KpiReaderMsg
  | NotifierReaderMsg
  | OosReaderMsg
  | PairReaderMsg
  | RetentionReaderMsg
  | Verb<'request_counts', unknown, readonly RequestCount[]>
  | Verb<'open_request_counts', unknown, readonly RequestCount[]>
  | Verb<'open_attempts', unknown, readonly OpenAttempts[]>
  | Verb<'late_answer_counts', unknown, readonly KindCount[]>
  | Verb<'rank_counts', unknown, readonly RankCount[]>
  | Verb<'latencies', { sinceWallMs: number }, readonly Latency[]>
  /** Unknown ids are left out; ask for some thousands at most. */
  | Verb<'request_outcomes', { requestIds: readonly string[] }, readonly RequestOutcome[]>
  | Verb<'result', { requestId: string }, StoredResult | null>
  | Verb<'strategy', { strategyId: string }, StoredStrategy | null>;

/** Answered at once, from memory. */
export interface WriterStanding {
  readonly pending: number;
  readonly queueBytes: number;
  readonly refused: number;
  /** Null before the thread's first answer. */
  readonly thread: unknown;
}

export type StandingMsg = { readonly type: 'writer_standing' } & Replies<WriterStanding>;

export { dbAnswer } from './db-answer.js';
export type { DbAnswer, DbRefusal } from './db-answer.js';

export const names = {
  core: name<CoreMsg | StandingMsg>('db-writes/core'),
  trades: name<TradesMsg | StandingMsg>('db-writes/trades'),
  reader: name<ReaderMsg>('db-writes/reader'),
} as const;
