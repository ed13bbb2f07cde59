/** Trades as columns of equal length. What is unknown is NaN, as no number of ours ever is. */
export interface TradeColumns {
  /** Unix seconds at which each trade was closed. */
  readonly exitS: Float64Array;
  /** Raw price differences. */
  readonly pnl: Float64Array;
}

/** One point for each moment at which something closed, ascending. */
export interface Series {
  readonly timesS: Float64Array;
  readonly pnl: Float64Array;
}

/**
 * The newest trades as points (domain 4.3): without what lacks a time or a PnL, by time, the last `windowTrades`, and
 * only then are PnLs of one moment added up, so that the window is counted in trades.
 */
export function seriesOf(trades: TradeColumns, windowTrades: number): Series {
  const { exitS, pnl } = trades;
  const usable: number[] = [];
  for (let row = 0; row < exitS.length; row += 1)
    if (Number.isFinite(exitS[row]) && Number.isFinite(pnl[row])) usable.push(row);
  usable.sort((a, b) => (exitS[a] ?? 0) - (exitS[b] ?? 0) || a - b);
  const timesS: number[] = [];
  const sums: number[] = [];
  for (const row of usable.slice(Math.max(0, usable.length - windowTrades))) {
    const timeS = exitS[row] ?? 0;
    const value = pnl[row] ?? 0;
    const last = timesS.length - 1;
    if (timesS[last] === timeS) sums[last] = (sums[last] ?? 0) + value;
    else {
      timesS.push(timeS);
      sums.push(value);
    }
  }
  return { timesS: Float64Array.from(timesS), pnl: Float64Array.from(sums) };
}

/**
 * The trades that are usable, each once (REQ-30). A stored trade is known by its close and its PnL, which is all that
 * the wire carries of it: two rows that agree in both are one trade.
 */
export function distinctTrades({ exitS, pnl }: TradeColumns): TradeColumns {
  const seen = new Map<number, Set<number>>();
  const rows: number[] = [];
  for (let row = 0; row < exitS.length; row += 1) {
    const timeS = exitS[row];
    const value = pnl[row];
    if (timeS === undefined || value === undefined || !Number.isFinite(timeS) || !Number.isFinite(value))
      continue;
    const values = seen.get(timeS) ?? new Set<number>();
    if (values.has(value)) continue;
    seen.set(timeS, values.add(value));
    rows.push(row);
  }
  return {
    exitS: Float64Array.from(rows, (row) => exitS[row] ?? Number.NaN),
    pnl: Float64Array.from(rows, (row) => pnl[row] ?? Number.NaN),
  };
}
