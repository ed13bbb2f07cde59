/** The rules of pairs once more, written from the domain's text without a look at the program: slow, plain, on its own. */

export interface NaiveTrade {
  readonly timeS: number;
  readonly pnl: number;
}

export type NaiveSeries = ReadonlyMap<number, number>;

export function naiveSeries(trades: readonly NaiveTrade[], window: number): NaiveSeries {
  const newest = trades
    .map((trade, index) => ({ ...trade, index }))
    .sort((a, b) => a.timeS - b.timeS || a.index - b.index)
    .slice(-window);
  const sums = new Map<number, number>();
  for (const { timeS, pnl } of newest) sums.set(timeS, (sums.get(timeS) ?? 0) + pnl);
  return sums;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);
const sd = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

export function naiveFigures(values: readonly number[]) {
  const losses = sum(values.filter((value) => value <= 0));
  const equities = values.map((_, at) => sum(values.slice(0, at + 1)));
  const falls = equities.map((equity, at) => {
    const peak = Math.max(0, ...equities.slice(0, at + 1));
    return peak > 0 ? (peak - equity) / peak : 0;
  });
  const sharpe = sd(values) === 0 ? 0 : mean(values) / sd(values);
  const profitFactor = losses === 0 ? 0 : sum(values.filter((value) => value > 0)) / -losses;
  return {
    sharpe,
    profitFactor,
    winRate: values.length === 0 ? 0 : values.filter((value) => value > 0).length / values.length,
    maxDrawdown: Math.max(0, ...falls),
    score: 0.7 * sharpe + 0.3 * profitFactor,
  };
}

export function naivePair(a: NaiveSeries, b: NaiveSeries) {
  const times = [...new Set([...a.keys(), ...b.keys()])].sort((one, other) => one - other);
  const x = times.map((timeS) => a.get(timeS) ?? 0);
  const y = times.map((timeS) => b.get(timeS) ?? 0);
  const dx = x.map((value) => value - mean(x));
  const dy = y.map((value) => value - mean(y));
  const squares = sum(dx.map((value) => value ** 2)) * sum(dy.map((value) => value ** 2));
  const correlation =
    squares === 0 ? 0 : sum(dx.map((value, at) => value * (dy[at] ?? 0))) / Math.sqrt(squares);
  const ua = sd(x) === 0 ? 0 : 1 / sd(x);
  const ub = sd(y) === 0 ? 0 : 1 / sd(y);
  const weightA = ua + ub === 0 ? 0.5 : ua / (ua + ub);
  const weightB = ua + ub === 0 ? 0.5 : ub / (ua + ub);
  const composite = x.map((value, at) => weightA * value + weightB * (y[at] ?? 0));
  return { points: times.length, correlation, weightA, weightB, ...naiveFigures(composite) };
}

export function naiveOverlap(a: NaiveSeries, b: NaiveSeries): number {
  const [startA, endA] = [Math.min(...a.keys()), Math.max(...a.keys())];
  const [startB, endB] = [Math.min(...b.keys()), Math.max(...b.keys())];
  const shared = Math.min(endA, endB) - Math.max(startA, startB);
  const longer = Math.max(endA - startA, endB - startB);
  return shared < 0 ? 0 : longer === 0 ? 1 : shared / longer;
}
