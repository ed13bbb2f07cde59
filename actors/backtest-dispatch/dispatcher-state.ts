/** What the dispatcher knows, and the small steps that change it. Everything here is lost with it and found again in the rows. */
import type { ReplyTo } from '../kernel/behavior.js';
import type { BackendUp, DispatchSettings, DispatchStatus } from '../../protocols/backtest-dispatch.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { SubmitOutcome } from '../../protocols/db-rows.js';
import type { Chore } from './chores.js';
import type { InFlight } from './in-flight.js';
import type { Suspects } from './suspects.js';
import type { Breaker } from './pace/breaker.js';
import { limitOf, medianNow } from './pace/latency-limit.js';
import type { LatencyLimit, LimitRange } from './pace/latency-limit.js';
import type { Rate, TokenBucket } from './pace/token-bucket.js';

export interface DispatcherArgs {
  /** This process's start. Only the dispatcher registers it. */
  readonly bootId: string;
  readonly pid: number;
  /** Fresh each time; attempts are known by it on the wire. */
  readonly newId: () => string;
  /** In force until the stored ones are read, and where those say nothing. */
  readonly settings: DispatchSettings;
  readonly askMs: number;
  /** The longest time without a look at the backlog: a lost hint costs no more. */
  readonly lookMs: number;
  /** How long nothing is leased after the link had no room. */
  readonly linkFullMs: number;
  readonly submitMax: number;
  readonly submitsMax: number;
  readonly watchersMax: number;
  readonly expireMax: number;
}

export interface State {
  readonly args: DispatcherArgs;
  /** Whose our leases are; null until that is stored. */
  readonly holder: string | null;
  /** What others left is queued again, and the settings are known. */
  readonly ready: boolean;
  readonly settings: DispatchSettings;
  readonly backend: BackendUp | null;
  readonly inFlight: InFlight;
  readonly suspects: Suspects;
  /** The head is being asked, or waits for its next try, when `asking`. */
  readonly chores: readonly Chore[];
  readonly asking: boolean;
  readonly refusals: number;
  /** For which session the lease under way was meant. */
  readonly leaseSession: string | null;
  readonly mayHaveWork: boolean;
  /** Monotonic. */
  readonly nextBatchAtMs: number;
  readonly limit: LatencyLimit;
  readonly breaker: Breaker;
  readonly bucket: TokenBucket;
  /** Fractions of places that the longest waiting have earned. */
  readonly fairCredit: number;
  readonly submits: number;
  readonly settled: number;
  /** Monotonic: when something ended last, or was the first to be out. */
  readonly heardMs: number;
  readonly watchers: readonly ReplyTo<{ readonly settled: number }>[];
  readonly counts: DispatchStatus['counts'];
  readonly trouble: DispatchStatus['trouble'];
}

export type SubmitReply = ReplyTo<DbAnswer<readonly SubmitOutcome[]>>;

export const count = (state: State, what: keyof State['counts'], by = 1): State => ({
  ...state,
  counts: { ...state.counts, [what]: state.counts[what] + by },
});

export const withChore = (state: State, chore: Chore): State => ({
  ...state,
  chores: [...state.chores, chore],
});

export function withoutAttempts(state: State, attemptIds: readonly string[]): State {
  for (const attemptId of attemptIds) state.inFlight.remove(attemptId);
  return state;
}

/** Hands leases back. Joins a return of the same kind that nobody is asking for yet. */
export function returning(
  state: State,
  attemptIds: readonly string[],
  crash: boolean,
  wallMs: number,
): State {
  if (attemptIds.length === 0) return state;
  const rest = count(withoutAttempts(state, attemptIds), 'returned', attemptIds.length);
  const last = rest.chores.at(-1);
  const isWaiting = rest.chores.length > (rest.asking ? 1 : 0);
  if (isWaiting && last?.type === 'return_leases' && last.crash === crash) {
    const joined = { ...last, attemptIds: [...last.attemptIds, ...attemptIds] };
    return { ...rest, chores: [...rest.chores.slice(0, -1), joined] };
  }
  return withChore(rest, { type: 'return_leases', attemptIds, crash, wallMs });
}

/** A session is over: what it may have been working on counts as a rescue, what had not left us does not. */
export function loseBackend(state: State, crash: boolean, wallMs: number): State {
  const session = state.backend?.session;
  const unsent = state.inFlight.of(session, false);
  const sent = state.inFlight.of(session, true);
  const returned = returning(returning(state, unsent, false, wallMs), sent, crash, wallMs);
  return { ...returned, backend: null };
}

/** The ceiling wins where the two are at odds. */
export const rangeOf = ({ settings }: State): LimitRange => ({
  floor: Math.min(settings.inFlightMin, settings.inFlightMax),
  ceiling: settings.inFlightMax,
});

export const rateOf = ({ settings }: State): Rate => ({
  perS: settings.ratePerS,
  burst: settings.batchMax,
});

export function phaseOf(state: State): DispatchStatus['phase'] {
  if (!state.ready) return 'recovering';
  if (state.settings.paused) return 'paused';
  if (state.backend === null) return 'waiting_for_backend';
  return state.breaker.phase === 'open' ? 'breaker_open' : 'dispatching';
}

export const statusOf = (state: State, nowMs: number): DispatchStatus => ({
  phase: phaseOf(state),
  settings: state.settings,
  backend: state.backend,
  inFlight: state.inFlight.size,
  inFlightBytes: state.inFlight.bytes,
  limit: { now: limitOf(state.limit, rangeOf(state)), medianMs: medianNow(state.limit) },
  breaker: { phase: state.breaker.phase, openings: state.breaker.openings },
  silentMs: state.inFlight.size === 0 ? null : Math.max(0, nowMs - state.heardMs),
  counts: state.counts,
  trouble: state.trouble,
});
