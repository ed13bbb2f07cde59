/**
 * The ranks of a database worked out anew from its rows, by the text of the domain and none of our own code: what a second
 * pair of eyes would do.
 */
import type { SqlRow } from '../../storage/statement.js';
import { rows } from './rows.js';

const number = (row: SqlRow | undefined, column: string): number | null => {
  const value = row?.[column];
  return typeof value === 'number' ? value : null;
};

interface Floors {
  readonly a: number;
  readonly s: number;
}

const pip = (symbol: string): number | null =>
  !/^(USD|EUR|JPY|GBP|CHF|AUD|NZD|CAD)(USD|EUR|JPY|GBP|CHF|AUD|NZD|CAD)$/.test(symbol)
    ? null
    : symbol.endsWith('JPY')
      ? 0.01
      : 0.0001;

interface Line {
  readonly sharpe: number;
  readonly factor: number;
  readonly wins: number;
  readonly drawdown: number;
}

/** Missing figures count as Sharpe 0, factor 0, win rate 0, drawdown 1. */
function meets(result: SqlRow | undefined, line: Line): boolean {
  const sharpe = number(result, 'sharpe') ?? 0;
  const factor = number(result, 'profit_factor') ?? 0;
  const wins = (number(result, 'win_rate') ?? 0) / 100;
  const drawdown = number(result, 'max_drawdown') ?? 1;
  return sharpe >= line.sharpe && factor >= line.factor && wins >= line.wins && drawdown < line.drawdown;
}

/** The deepest fall that any draw with replacement can have: the worst trade every time; as a share of the equity. */
const worstCase = (values: readonly number[]): number =>
  (Math.max(0, ...values.map((value) => -value)) * values.length) / 100_000;

/** @returns the rank of each strategy, by id */
export function recomputeRanks(
  file: string,
  floors: Floors,
  defaultSymbol: string,
): ReadonlyMap<string, string | null> {
  const strategies = rows(file, 'core', 'SELECT * FROM strategies');
  const requests = rows(file, 'core', 'SELECT * FROM requests ORDER BY seq');
  const results = new Map(rows(file, 'core', 'SELECT * FROM results').map((row) => [row['request_id'], row]));
  const trades = new Map<unknown, number[]>();
  for (const row of rows(
    `${file}.trades`,
    'trades',
    'SELECT attempt_id, pnl FROM trade_lists JOIN trades USING (list_id) ORDER BY list_id, seq',
  )) {
    const list = trades.get(row['attempt_id']) ?? [];
    list.push(Number(row['pnl']));
    trades.set(row['attempt_id'], list);
  }
  const newest = (strategyId: unknown, kind: string): SqlRow | undefined =>
    results.get(
      requests
        .filter(
          (row) => row['strategy_id'] === strategyId && row['kind'] === kind && row['state'] === 'succeeded',
        )
        .at(-1)?.['request_id'] ?? null,
    );
  const ranks = new Map<string, string | null>();
  for (const strategy of strategies) {
    const id = String(strategy['strategy_id']);
    const base = newest(id, 'backtest');
    const claimed = strategy['claimed_rank'];
    if (strategy['environment'] === 'test') {
      ranks.set(id, null);
      continue;
    }
    // An archive is kept whatever it measures, and where nothing can be measured.
    if (claimed === 'LEGEND' || claimed === 'RETIRED') {
      ranks.set(id, claimed);
      continue;
    }
    if (base === undefined || !meets(base, { sharpe: 0.15, factor: 1.05, wins: 0.35, drawdown: 0.25 })) {
      ranks.set(id, null);
      continue;
    }
    const count = number(base, 'trades') ?? 0;
    const size = pip(String(strategy['symbol'] ?? defaultSymbol).toUpperCase());
    const pips = size === null || count === 0 ? null : (number(base, 'pnl') ?? 0) / count / size;
    const outOfSample = number(newest(id, 'oos'), 'sharpe');
    const values = (trades.get(base['attempt_id']) ?? []).slice(-500);
    const isA =
      meets(base, { sharpe: 0.45, factor: 1.3, wins: 0.43, drawdown: 0.16 }) &&
      pips !== null &&
      pips - 3 > 0 &&
      outOfSample !== null &&
      outOfSample >= 0.35 &&
      count >= floors.a &&
      values.length >= 30;
    if (isA && worstCase(values) > 0.2)
      throw new Error(`${id}: ruin is possible, so its draws have to be looked at`);
    ranks.set(id, isA ? 'A' : 'B');
  }
  return ranks;
}
