/** A sample strategy, with what its line says beside the plain rule of its family. */
export interface SampleStrategy {
  readonly name: string;
  /** Null leaves it to the run. */
  readonly symbol: string | null;
  readonly timeframeMinutes: number;
  readonly family: 'sma' | 'ema' | 'rsi' | 'macd' | 'bb' | 'stoch';
  readonly short: number;
  readonly long: number;
  readonly sl: number;
  readonly tp: number;
  readonly rank?: string;
  /** In place of those that the family computes. */
  readonly indicators?: string;
  readonly entry?: string;
}

interface Rule {
  readonly indicators: string;
  readonly entry: string;
  readonly exit: string;
}

/** What the engine trades for a family, as a record of the library would declare it. */
function ruleOf({ family, short, long }: SampleStrategy): Rule {
  switch (family) {
    case 'sma':
    case 'ema':
      return {
        indicators: `((${family} ${short}) (${family} ${long}))`,
        entry: `(cross-above ${family}-${short} ${family}-${long})`,
        exit: `(cross-below ${family}-${short} ${family}-${long})`,
      };
    case 'rsi':
      return {
        indicators: `((rsi ${short}))`,
        entry: `(cross-above rsi-${short} 30)`,
        exit: `(> rsi-${short} 70)`,
      };
    case 'macd':
      return {
        indicators: '((macd 12 26 9))',
        entry: '(cross-above macd-line signal-line)',
        exit: '(cross-below macd-line signal-line)',
      };
    case 'bb':
      return {
        indicators: '((bb 20 2))',
        entry: '(cross-above close bb-lower)',
        exit: '(>= close bb-middle)',
      };
    case 'stoch':
      return { indicators: '((stoch 14))', entry: '(cross-above stoch-k 20)', exit: '(> stoch-k 80)' };
  }
}

/** One line in the form of a library record: what is kept, and under `strategy` what is sent. */
export function strategyLine(sample: SampleStrategy): string {
  const { name, symbol, timeframeMinutes, family, short, long, sl, tp, rank } = sample;
  const rule = ruleOf(sample);
  const kept = [
    '(source . "samples")',
    rank === undefined ? '' : `(rank . :${rank})`,
    `(name . "${name}")`,
    symbol === null ? '' : `(symbol . "${symbol}")`,
    `(timeframe . ${timeframeMinutes})`,
    `(indicators . ${sample.indicators ?? rule.indicators})`,
    `(category . ${family === 'sma' || family === 'ema' || family === 'macd' ? ':trend' : ':reversion'})`,
    '(direction . :both)',
    `(entry . ${sample.entry ?? rule.entry})`,
    `(exit . ${rule.exit})`,
  ].filter((field) => field !== '');
  const sent = [
    `(name . "${name}")`,
    `(sma_short . ${short})`,
    `(sma_long . ${long})`,
    `(sl . ${decimal(sl)})`,
    `(tp . ${decimal(tp)})`,
    '(volume . 0.01)',
    `(indicator_type . ${family})`,
    `(timeframe . ${timeframeMinutes})`,
    '(filter_tf . "")',
    '(filter_period . 0)',
    '(filter_logic . "")',
  ];
  return `(${kept.join(' ')} (strategy ${sent.join(' ')}))`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));
