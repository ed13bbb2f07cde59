/**
 * Says how large a lot may be: what both legs of an active pair hold together stays within one budget (REQ-33). A leg that
 * asks is kept waiting for a moment, so that the other one's signal of the same decision can be split with it.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { ActivePair } from '../../protocols/db-pairs.js';
import { names } from '../../protocols/pair-overlay.js';
import type { LotGrant, LotLedgerMsg } from '../../protocols/pair-overlay.js';
import { Ledger } from './ledger.js';
import { lotAlone, lotsTogether } from './math/lots.js';
import { lotRules } from './math/rules.js';

export interface LotLedgerArgs {
  /** Two legs that ask within this time ask in one decision. 0: each leg is answered at once. */
  readonly decisionWindowMs: number;
  /** Without news of the active pairs for so long, lots are left as they are. */
  readonly staleAfterMs: number;
  /** Lots that may be out. Beyond it lots are left as they are, and nothing is remembered. */
  readonly grantsMax: number;
}

export const defaults: LotLedgerArgs = { decisionWindowMs: 20, staleAfterMs: 10_000, grantsMax: 10_000 };

type Msg = LotLedgerMsg | { readonly type: 'decided'; readonly pairId: string };

type Asked = Extract<LotLedgerMsg, { readonly type: 'lot' }>;

/** A leg that waits for the other one. */
interface Waiting {
  readonly asked: Asked;
  readonly to: ReplyTo<LotGrant>;
}

export interface State extends LotLedgerArgs {
  /** Null: nobody has said yet. */
  readonly pairs: readonly ActivePair[] | null;
  readonly toldMs: number;
  readonly ledger: Ledger;
  /** By pair. */
  readonly waiting: ReadonlyMap<string, Waiting>;
}

export const init = (args: LotLedgerArgs): State => ({
  ...args,
  pairs: null,
  toldMs: 0,
  ledger: new Ledger(),
  waiting: new Map(),
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'lot':
      return lot(state, message, ctx);
    case 'decided':
      return alone(state, message.pairId, ctx);
    case 'release':
      return release(state, message.callId, ctx);
    case 'active_pairs_are':
      return { ...state, pairs: message.pairs, toldMs: ctx.nowMs() };
    case 'ledgers':
      ctx.reply(message, state.ledger.list());
      return state;
  }
}

function lot(state: State, asked: Asked, ctx: Ctx<Msg>): State {
  const bypass = bypassOf(state, asked, ctx);
  const pair = bypass === null ? pairOf(state, asked.strategyId) : undefined;
  if (pair === undefined) {
    ctx.reply(asked, { lot: asked.lot, pairId: null, bypass });
    return state;
  }
  const { pairId } = pair;
  const other = state.waiting.get(pairId);
  if (other !== undefined && other.asked.strategyId !== asked.strategyId)
    return together(state, pair, other, { asked, to: ctx.deferReply(asked) }, ctx);
  // The same leg again is another decision: the one before it stands alone.
  const settled = other === undefined ? state : alone(state, pairId, ctx);
  const holdMs = Math.min(settled.decisionWindowMs, asked.holdMsMax);
  const waiting = new Map(settled.waiting).set(pairId, { asked, to: ctx.deferReply(asked) });
  const held = { ...settled, waiting };
  if (!(holdMs > 0)) return alone(held, pairId, ctx);
  ctx.timer(timerOf(pairId), holdMs, { type: 'decided', pairId });
  return held;
}

/** A lot that cannot be counted, or pairs that nobody vouches for: neither may change what is traded. */
function bypassOf(state: State, asked: Asked, ctx: Ctx<Msg>): LotGrant['bypass'] {
  if (!(asked.lot > 0 && Number.isFinite(asked.lot))) return 'not_a_lot';
  if (state.pairs === null) return 'not_loaded';
  if (ctx.nowMs() - state.toldMs > state.staleAfterMs) return 'stale';
  return state.ledger.grants + state.waiting.size >= state.grantsMax ? 'ledger_full' : null;
}

/** The first active pair decides. */
const pairOf = ({ pairs }: State, strategyId: string): ActivePair | undefined =>
  pairs?.find(({ strategyA, strategyB }) => strategyA === strategyId || strategyB === strategyId);

function together(state: State, pair: ActivePair, first: Waiting, second: Waiting, ctx: Ctx<Msg>): State {
  const [a, b] = first.asked.strategyId === pair.strategyA ? [first, second] : [second, first];
  const lots = lotsTogether(
    { a: a.asked.lot, b: b.asked.lot },
    { a: pair.weightA, b: pair.weightB },
    state.ledger.usedLots(pair.pairId),
    lotRules,
  );
  grant(state, pair, a, lots.a, ctx);
  grant(state, pair, b, lots.b, ctx);
  return without(state, pair.pairId, ctx);
}

function alone(state: State, pairId: string, ctx: Ctx<Msg>): State {
  const waiting = state.waiting.get(pairId);
  if (waiting === undefined) return state;
  const pair = pairOf(state, waiting.asked.strategyId);
  // It has ended while its leg waited.
  if (pair?.pairId !== pairId)
    ctx.replyTo(waiting.to, { lot: waiting.asked.lot, pairId: null, bypass: null });
  else grant(state, pair, waiting, lotAlone(waiting.asked.lot, state.ledger.usedLots(pairId), lotRules), ctx);
  return without(state, pairId, ctx);
}

function grant(state: State, { pairId }: ActivePair, { asked, to }: Waiting, lots: number, ctx: Ctx<Msg>) {
  if (lots > 0) state.ledger.take(pairId, asked.callId, lots);
  ctx.replyTo(to, { lot: lots, pairId, bypass: null });
}

function release(state: State, callId: string, ctx: Ctx<Msg>): State {
  state.ledger.release(callId);
  for (const [pairId, { asked }] of state.waiting)
    if (asked.callId === callId) return without(state, pairId, ctx);
  return state;
}

function without(state: State, pairId: string, ctx: Ctx<Msg>): State {
  ctx.cancelTimer(timerOf(pairId));
  const waiting = new Map(state.waiting);
  waiting.delete(pairId);
  return { ...state, waiting };
}

const timerOf = (pairId: string): string => `decision ${pairId}`;

export const lotLedger = (args: Partial<LotLedgerArgs> = {}): ChildSpec<LotLedgerMsg> =>
  child({
    id: 'lot-ledger',
    name: names.lotLedger,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 4_096, overflow: 'reject' },
    // Whoever asked has been told that nobody answers, and trades its own lot.
    onRestart: 'dead_letter',
  });
