/**
 * Candle files are let in or refused, what they leave out of sample is asked for, and ranks follow from both. All that
 * is decided here is a row; asked again, each of these comes to the same.
 */
import type { WireStrategy } from './backtest-wire/index.js';
import type { DbAnswer } from './db-answer.js';
import type { OosVerdict } from './db-oos.js';
import { name } from './name.js';
import type { Replies } from './name.js';
import type { WorkerPoolMsg } from './workers.js';

/** What the gate says of a file, once it is stored; a refusal is told to people in the same transaction. */
export interface GatedFile {
  readonly path: string;
  readonly name: string;
  readonly verdict: 'accepted' | 'refused';
  /** SHA-256 of the content; null when it could not be read. */
  readonly fileId: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** Upper case. Null, like the rest, unless it is accepted. */
  readonly symbol: string | null;
  readonly minutes: number | null;
  readonly firstS: number | null;
  readonly lastS: number | null;
}

export interface GateStanding {
  /** Verdicts in memory: files that are not read again while their size and time of change stay. */
  readonly known: number;
  readonly accepted: number;
  readonly refused: number;
  /** Since the actor started. */
  readonly checked: number;
  readonly unchanged: number;
  readonly turnedBad: number;
}

export type CandleGateMsg =
  | ({ readonly type: 'check_file'; readonly path: string; readonly acceptOutliers: boolean } & Replies<
      DbAnswer<GatedFile>
    >)
  | ({ readonly type: 'gate_standing' } & Replies<GateStanding>);

/** A cut file, named by its content and lying in the windows folder. */
export interface Window {
  /** SHA-256 of the content. */
  readonly windowId: string;
  /** File name below the windows folder: requests outlive a move of the whole folder. */
  readonly fileName: string;
  readonly symbol: string;
  readonly firstS: number;
  readonly lastS: number;
}

/** A strategy that is to be measured out of sample. */
export interface OosCandidate {
  readonly strategyId: string;
  readonly wire: WireStrategy;
  readonly symbol: string;
  readonly timeframeMinutes: number;
  /** Null when its file has no bar out of sample. */
  readonly window: Window | null;
}

export interface OosProgress {
  /** Of the validation under way; 0 when there is none. */
  readonly total: number;
  /** With a verdict. */
  readonly decided: number;
  readonly notMeasured: number;
}

export interface OosSchedulerStanding extends OosProgress {
  /** Since the actor started. */
  readonly validations: number;
  readonly submitted: number;
  readonly superseded: number;
  readonly verdicts: Readonly<Record<OosVerdict['outcome'], number>>;
  /** The last refusal of a store; null when its last answer was good. */
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

export type OosSchedulerMsg =
  /** Answered once every candidate has a verdict, in the order given. One validation at a time; others wait. */
  | ({ readonly type: 'validate'; readonly candidates: readonly OosCandidate[] } & Replies<
      DbAnswer<readonly OosVerdict[]>
    >)
  | ({ readonly type: 'oos_standing' } & Replies<OosSchedulerStanding>);

export type PolicyName = 'documented' | 'code';

/** By which rules ranks are given; a change of them is another policy version, and so other verdicts. */
export interface RankingRules {
  readonly policy: PolicyName;
  /** Size of a pip by symbol, where it is neither 0.01 (JPY quotes) nor 0.0001 (other currency pairs). */
  readonly pipSizes: Readonly<Record<string, number>>;
}

/** A strategy to be ranked, with the requests that it is ranked by. */
export interface RankCandidate {
  readonly strategyId: string;
  readonly name: string;
  /** What its record says, upper case. */
  readonly claimedRank: string | null;
  readonly environment: 'production' | 'test';
  /** What it was tested on. */
  readonly symbol: string;
  readonly backtestId: string;
  /** Null: it was not asked for. */
  readonly oos: OosVerdict | null;
}

/** Where a strategy stands after an evaluation. */
export interface Ranked {
  readonly strategyId: string;
  readonly rank: string | null;
  /** Whether its figures meet rank B, and rank A but for what is measured out of sample. */
  readonly meetsB: boolean;
  readonly meetsABase: boolean;
}

export interface EvaluatorStanding {
  readonly total: number;
  readonly decided: number;
  /** Since the actor started. */
  readonly evaluations: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly conflicts: number;
  /** Transitions that are none: they were rejected. */
  readonly illegal: number;
  /** A gate that lets everybody through tests nothing. */
  readonly monteCarlo: { readonly asked: number; readonly passed: number };
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

export type RankEvaluatorMsg =
  /**
   * `b`: who is in or out by the in-sample figures, once those requests are terminal. `a`: who of rank B, A or S belongs
   * where, once the out-of-sample requests are terminal too. Answered when all are decided.
   */
  | ({
      readonly type: 'evaluate';
      readonly phase: 'b' | 'a';
      readonly candidates: readonly RankCandidate[];
      readonly rules: RankingRules;
    } & Replies<DbAnswer<readonly Ranked[]>>)
  | ({ readonly type: 'evaluator_standing' } & Replies<EvaluatorStanding>);

/** Draws the newest trades of an accepted attempt again and again, in a worker. */
export interface MonteCarloWork {
  readonly attemptId: string;
  /** The same seed draws the same. */
  readonly seed: string;
  readonly iterations: number;
  readonly newestMax: number;
  readonly startEquity: number;
  /** From the highest equity so far, as a share: more is ruin. */
  readonly ruinDrawdown: number;
}

export interface MonteCarloResult {
  /** PnL values drawn from; 0 when there is no list. */
  readonly values: number;
  /** Null without values. */
  readonly ruinProbability: number | null;
}

export const names = {
  candleGate: name<CandleGateMsg>('oos-requests/candle-gate'),
  oosScheduler: name<OosSchedulerMsg>('oos-requests/scheduler'),
  rankEvaluator: name<RankEvaluatorMsg>('oos-requests/rank-evaluator'),
  monteCarlo: name<WorkerPoolMsg<MonteCarloWork, MonteCarloResult>>('oos-requests/monte-carlo'),
} as const;
