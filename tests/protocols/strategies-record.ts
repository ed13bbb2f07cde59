/** Lines of strategy records for tests, each part replaceable. */

/** Fields of both layers by key; null leaves one out. */
export type Parts = Readonly<Record<string, string | null>>;

const kept: Parts = {
  source: '"library/B/one.lisp"',
  rank_folder: '"B"',
  rank: ':b',
  name: '"One"',
  symbol: '"USDJPY"',
  timeframe: '60',
  indicators: '((sma 10) (sma 40))',
  category: ':trend',
  direction: ':both',
  hash: '"AB12"',
  entry: '(cross-above sma-10 sma-40)',
  exit: '(cross-below sma-10 sma-40)',
  recorded: '((sharpe . 1.5) (profit_factor . 2.0) (win_rate . 0.5) (trades . 35) (max_dd . 0.01))',
};

const sent: Parts = {
  name: '"One"',
  sma_short: '10',
  sma_long: '40',
  sl: '0.5',
  tp: '0.75',
  volume: '0.01',
  indicator_type: 'sma',
  timeframe: '60',
  filter_tf: '""',
  filter_period: '0',
  filter_logic: '""',
};

const alist = (parts: Parts): string =>
  `(${Object.entries(parts)
    .flatMap(([key, value]) => (value === null ? [] : [`(${key} . ${value})`]))
    .join(' ')})`;

/** A sound library line; `strategy` changes what is sent, `outer` what is kept about it. */
export function recordLine({
  outer = {},
  strategy = {},
}: { outer?: Parts; strategy?: Parts | null } = {}): string {
  const block = strategy === null ? null : alist({ ...sent, ...strategy });
  return alist({ ...kept, ...outer, strategy: block });
}

/** The same name in both layers. */
export const named = (name: string, strategy: Parts = {}, outer: Parts = {}): string =>
  recordLine({ outer: { ...outer, name: `"${name}"` }, strategy: { ...strategy, name: `"${name}"` } });
