/** What the questions about pairs are in SQL. */
import type {
  ActivePair,
  PairCandidate,
  PairOverview,
  PairReaderMsg,
  PairRefresh,
  PairRival,
  PairRivals,
  PairSlot,
  RivalPair,
  ScoredPair,
  TradeListOf,
} from '../../protocols/db-pairs.js';
import type { Reader } from '../../storage/reader/client.js';
import {
  selectCandidates,
  selectRivalPairs,
  selectRivalSingles,
} from '../../storage/tables/pair-candidates.js';
import type { CandidateRow } from '../../storage/tables/pair-candidates.js';
import { selectLatestRefresh } from '../../storage/tables/pair-refreshes.js';
import { selectActivePairs, selectScores, selectSlots } from '../../storage/tables/pair-views.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { first, rows } from './reading.js';
import { fromRow } from './rows.js';

export function readPairs(reader: Reader, message: PairReaderMsg): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'pair_candidates':
      return readCandidates(reader, message);
    case 'pair_rivals':
      return readRivals(reader, message.depth);
    case 'pair_overview':
      return readOverview(reader);
    case 'active_pairs':
      return rows(reader, selectActivePairs({}), (row) => fromRow<ActivePair>(row));
  }
}

async function readCandidates(
  reader: Reader,
  { after, limit, newestOnly }: PairReaderMsg & { type: 'pair_candidates' },
): Promise<Outcome<{ readonly candidates: readonly PairCandidate[]; readonly last: string | null }>> {
  const page = await rows(
    reader,
    selectCandidates({ after, limit, newestOnly: newestOnly ? 1 : 0 }),
    (row) => row,
  );
  if (!page.ok) return page;
  const candidates = candidatesFrom(page.value);
  const last = candidates.length < limit ? null : (candidates.at(-1)?.strategyId ?? null);
  return { ok: true, value: { candidates, last } };
}

/** Rows of one candidate lie together, the newest request of each kind first. */
export function candidatesFrom(read: readonly CandidateRow[]): readonly PairCandidate[] {
  const byId = new Map<string, CandidateRow[]>();
  for (const row of read) {
    const known = byId.get(row.strategy_id);
    if (known === undefined) byId.set(row.strategy_id, [row]);
    else known.push(row);
  }
  return [...byId.values()].flatMap((own) => {
    const [head] = own;
    if (head === undefined) return [];
    const newest = own.find(({ kind }) => kind === 'backtest');
    return {
      strategyId: head.strategy_id,
      name: head.name,
      symbol: head.symbol,
      testedSymbol: newest?.tested_symbol ?? null,
      timeframeMinutes: head.timeframe_minutes,
      rank: head.rank,
      verdictId: head.verdict_id,
      sharpe: newest?.sharpe ?? null,
      lists: own.flatMap(listOf),
    };
  });
}

const listOf = ({ kind, attempt_id, trades_count, trades_hash }: CandidateRow): readonly TradeListOf[] =>
  kind === null || attempt_id === null
    ? []
    : [{ kind, attemptId: attempt_id, count: trades_count, hash: trades_hash }];

async function readRivals(reader: Reader, depth: number): Promise<Outcome<PairRivals>> {
  const singles = await rows(reader, selectRivalSingles({ depth }), (row) => fromRow<PairRival>(row));
  if (!singles.ok) return singles;
  const pairs = await rows(reader, selectRivalPairs({}), (row) => fromRow<RivalPair>(row));
  return pairs.ok ? { ok: true, value: { singles: singles.value, pairs: pairs.value } } : pairs;
}

async function readOverview(reader: Reader): Promise<Outcome<PairOverview>> {
  const refresh = await first(reader, selectLatestRefresh({}), (row) => fromRow<PairRefresh>(row));
  if (!refresh.ok) return refresh;
  const active = await rows(reader, selectActivePairs({}), (row) => fromRow<ActivePair>(row));
  if (!active.ok) return active;
  const found = refresh.value;
  if (found === null)
    return { ok: true, value: { refresh: null, scores: [], slots: [], active: active.value } };
  const { refreshId } = found;
  const scores = await rows(reader, selectScores({ refreshId }), (row) => fromRow<ScoredPair>(row));
  if (!scores.ok) return scores;
  const slots = await rows(reader, selectSlots({ refreshId }), (row) => fromRow<PairSlot>(row));
  if (!slots.ok) return slots;
  return {
    ok: true,
    value: { refresh: found, scores: scores.value, slots: slots.value, active: active.value },
  };
}
