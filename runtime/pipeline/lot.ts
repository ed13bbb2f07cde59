/**
 * The lot call: what a trading loop asks before it opens a trade. It resolves within its deadline, always, and whatever is
 * wrong with the overlay leaves the lot as it was (fail-open, G10).
 */
import { names } from '../../protocols/pair-overlay.js';
import type { LedgerBypass } from '../../protocols/pair-overlay.js';
import type { System } from '../system.js';

export interface LotWish {
  readonly strategyId: string;
  readonly symbol: string;
  readonly lot: number;
  /** 1 ms to 24 days. 100 or so is enough for both legs' signals to meet. */
  readonly deadlineMs: number;
}

/** Why the overlay had no say. */
export type LotBypass =
  LedgerBypass | 'no_service' | 'timeout' | 'service_died' | 'service_full' | 'wrong_answer' | 'failed';

export interface LotAnswer {
  /** As asked for, or less when a pair's budget says so; 0 when that is used up. */
  readonly lot: number;
  /** The tag of the trade; null when no pair had a say. */
  readonly pairId: string | null;
  /** Null when the overlay had its say, be it that the strategy is in no pair. */
  readonly bypass: LotBypass | null;
  /** For `releaseLot` once the trade is closed. */
  readonly callId: string;
}

/** How often each reason left a lot unchanged: `pair_overlay_bypass`. */
export type BypassCounts = Readonly<Partial<Record<LotBypass, number>>>;

const counted = new WeakMap<System, Partial<Record<LotBypass, number>>>();

/** Since the start of this process. */
export const bypassCounts = (system: System): BypassCounts => ({ ...counted.get(system) });

const reasons = [
  'not_a_lot',
  'not_loaded',
  'stale',
  'ledger_full',
  'no_service',
  'timeout',
  'service_died',
  'service_full',
  'wrong_answer',
  'failed',
] as const satisfies readonly LotBypass[];

/** Every reason, with 0 for those that were not met: they are counted here, so that is known. */
export const bypasses = (system: System): Readonly<Record<LotBypass, number>> => {
  const counts = bypassCounts(system);
  return Object.fromEntries(reasons.map((reason) => [reason, counts[reason] ?? 0])) as Record<
    LotBypass,
    number
  >;
};

/** Unique within the process, as the ledger is. */
let calls = 0;

/** Never rejects. */
export async function lot(system: System, wish: LotWish): Promise<LotAnswer> {
  calls += 1;
  const callId = `lot-${calls}`;
  const { bypass, ...decided } = await decide(system, wish, callId);
  if (bypass === null) return { ...decided, bypass, callId };
  count(system, bypass);
  // The answer may still be on its way, with a lot that nobody trades.
  releaseLot(system, callId);
  return { lot: wish.lot, pairId: null, bypass, callId };
}

/** Once the trade is closed, or was never opened. Twice is once. */
export function releaseLot(system: System, callId: string): void {
  system.whereis(names.lotLedger)?.tell({ type: 'release', callId });
}

type Decision = Omit<LotAnswer, 'callId'>;

async function decide(system: System, wish: LotWish, callId: string): Promise<Decision> {
  const { deadlineMs, ...asked } = wish;
  const unchanged = (bypass: LotBypass): Decision => ({ lot: wish.lot, pairId: null, bypass });
  try {
    const outcome = await system.ask(
      names.lotLedger,
      { type: 'lot', callId, holdMsMax: deadlineMs / 2, ...asked },
      { deadlineMs },
    );
    if (outcome.ok) return read(outcome.value, wish) ?? unchanged('wrong_answer');
    return unchanged(failures[outcome.reason.type] ?? 'failed');
  } catch {
    // Whatever it is, it is no reason not to trade.
    return unchanged('failed');
  }
}

const failures: Readonly<Partial<Record<string, LotBypass>>> = {
  noproc: 'no_service',
  timeout: 'timeout',
  exit: 'service_died',
  mailbox_full: 'service_full',
};

const ledgerReasons: ReadonlySet<unknown> = new Set<LedgerBypass>([
  'not_a_lot',
  'not_loaded',
  'stale',
  'ledger_full',
]);

/** The service is not believed. @returns null for an answer that makes no sense, such as a lot above the asked one */
function read(answer: unknown, wish: LotWish): Decision | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { lot: granted, pairId, bypass } = answer as Readonly<Record<string, unknown>>;
  if (ledgerReasons.has(bypass)) return { lot: wish.lot, pairId: null, bypass: bypass as LedgerBypass };
  if (bypass !== null || typeof granted !== 'number') return null;
  if (pairId === null) return granted === wish.lot ? { lot: granted, pairId, bypass } : null;
  if (typeof pairId !== 'string' || pairId === '') return null;
  return granted >= 0 && granted <= wish.lot ? { lot: granted, pairId, bypass } : null;
}

function count(system: System, reason: LotBypass): void {
  const counts = counted.get(system) ?? {};
  counts[reason] = (counts[reason] ?? 0) + 1;
  counted.set(system, counts);
}
