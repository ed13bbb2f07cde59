import type { EngineRequest } from '../../actors/engine/run-backtest.js';

/** The engine once more, in the words of its specification: one object per bar, everything computed afresh. */
export interface Bar {
  readonly t: number;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

interface Signals {
  readonly buy: boolean;
  readonly sell: boolean;
  readonly exitLong: boolean;
  readonly exitShort: boolean;
}

const silent: Signals = { buy: false, sell: false, exitLong: false, exitShort: false };

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

export function naiveResample(bars: readonly Bar[], minutes: number): Bar[] {
  const made: Bar[] = [];
  for (const bar of bars) {
    const t = Math.trunc(bar.t / (60 * minutes)) * 60 * minutes;
    const last = made.at(-1);
    if (last === undefined || last.t !== t) made.push({ ...bar, t });
    else {
      const [h, l, v] = [Math.max(last.h, bar.h), Math.min(last.l, bar.l), last.v + bar.v];
      made[made.length - 1] = { t, o: last.o, h, l, c: bar.c, v };
    }
  }
  return made;
}

function smaSignals(closes: readonly number[], i: number, short: number, long: number): Signals {
  const average = (period: number, at: number): number => mean(closes.slice(at - period, at));
  const fast = average(short, i);
  const slow = average(long, i);
  const buy = average(short, i - 1) < average(long, i - 1) && fast > slow;
  const sell = average(short, i - 1) > average(long, i - 1) && fast < slow;
  return { buy, sell, exitLong: sell, exitShort: buy };
}

function rsiSignals(closes: readonly number[], i: number, short: number): Signals {
  const p = Math.max(short, 7);
  const strength = (at: number): number | null => {
    if (at < p + 1) return null;
    const changes = closes.slice(at - p, at).map((close, k) => close - (closes[at - p + k - 1] ?? NaN));
    const gain = sum(changes.map((change) => Math.max(change, 0))) / p;
    const loss = sum(changes.map((change) => Math.max(-change, 0))) / p;
    return loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
  };
  const [before, now] = [strength(i - 1), strength(i)];
  if (before === null || now === null) return silent;
  return {
    buy: before < 30 && now >= 30,
    sell: before > 70 && now <= 70,
    exitLong: now > 70,
    exitShort: now < 30,
  };
}

function barriers(bars: readonly Bar[], i: number, request: EngineRequest): [number, number] {
  const q = request.atrPeriod;
  if (!(request.atrBarrierSl > 0) || q === 0 || i < q + 1) return [request.sl, request.tp];
  const ranges = bars.slice(i - q, i).map((bar, k) => {
    const before = bars[i - q + k - 1]?.c ?? NaN;
    return Math.max(bar.h - bar.l, Math.abs(bar.h - before), Math.abs(bar.l - before));
  });
  const atr = mean(ranges);
  return atr > 0 ? [request.atrBarrierSl * atr, request.atrBarrierTp * atr] : [request.sl, request.tp];
}

function swap(request: EngineRequest, long: boolean, entryS: number, exitS: number): number {
  const days = Math.trunc(exitS / 86_400) - Math.trunc(entryS / 86_400);
  const past = request.swapRates.filter(({ fromS }) => fromS <= exitS && fromS > -1);
  const newest = past.find(({ fromS }) => past.every((other) => other.fromS <= fromS));
  return days <= 0 || newest === undefined ? 0 : (long ? newest.long : newest.short) * days;
}

/** @returns the closed trades; null for too few bars */
export function naiveTrades(
  base: readonly Bar[],
  request: EngineRequest,
): { exitS: number; pnl: number }[] | null {
  const bars = request.timeframeMinutes > 1 ? naiveResample(base, request.timeframeMinutes) : [...base];
  const { smaShort: short, smaLong: long } = request;
  const rsi = request.indicatorType === 'rsi';
  const m = rsi ? short + 5 : Math.max(short, long) + 2;
  if (bars.length < m) return null;
  const closes = bars.map(({ c }) => c);
  const trades: { exitS: number; pnl: number }[] = [];
  let open: { long: boolean; e: number; t: number; sl: number; tp: number } | null = null;
  for (const [i, bar] of bars.entries()) {
    if (i < m) continue;
    const said = rsi ? rsiSignals(closes, i, short) : smaSignals(closes, i, short, long);
    if (open !== null) {
      const { e, sl, tp, t } = open;
      const out = open.long
        ? bar.c <= sl || bar.c >= tp || said.exitLong
        : bar.c >= sl || bar.c <= tp || said.exitShort;
      if (out) {
        const gross = open.long ? bar.c - 0.005 - e : e - (bar.c + 0.005);
        trades.push({ exitS: bar.t, pnl: gross + swap(request, open.long, t, bar.t) });
        open = null;
      }
    }
    if (open === null && (said.buy || said.sell)) {
      const [a, b] = barriers(bars, i, request);
      const e = said.buy ? bar.c + 0.005 : bar.c - 0.005;
      open = { long: said.buy, e, t: bar.t, sl: said.buy ? e - a : e + a, tp: said.buy ? e + b : e - b };
    }
  }
  return trades;
}

/** The figures that come from days, again from the words: every day from the first bar to the last. */
export function naiveRatios(
  trades: readonly { exitS: number; pnl: number }[],
  firstS: number,
  lastS: number,
): { sharpe: number; sortino: number } {
  const returns: number[] = [];
  let equity = 10_000;
  for (let day = Math.trunc(firstS / 86_400); day <= Math.trunc(lastS / 86_400); day += 1) {
    const earned = sum(
      trades.filter(({ exitS }) => Math.trunc(exitS / 86_400) === day).map(({ pnl }) => pnl),
    );
    returns.push(equity > 0 ? earned / equity : 0);
    equity += earned;
  }
  const average = mean(returns);
  const deviation = Math.sqrt(mean(returns.map((r) => (r - average) ** 2)));
  const losing = returns.filter((r) => r < 0);
  const downside = Math.sqrt(mean(losing.map((r) => r * r)));
  return {
    sharpe: deviation === 0 ? 0 : (average / deviation) * Math.sqrt(252),
    sortino: losing.length === 0 ? Infinity : (average / downside) * Math.sqrt(252),
  };
}
