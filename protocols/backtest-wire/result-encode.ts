import { alist, float, int, text, writeSexp, type Sexp } from '../sexp/index.js';
import { isLine } from './field-types.js';
import { figureKeys, type TradeColumns, type UsedRange, type WireFigure } from './result.js';
import { writeTrades } from './trade-list.js';

/** The figures as an engine computes them, infinities included. */
export type EngineFigures = Readonly<Record<WireFigure, number>>;

/** What an engine has to say to one request. */
export type BacktestAnswer =
  | {
      readonly kind: 'ok';
      readonly requestId: string | null;
      readonly strategyName: string;
      readonly figures: EngineFigures;
      readonly trades?: TradeColumns | undefined;
      readonly range?: UsedRange | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly requestId: string | null;
      readonly strategyName: string | null;
      readonly code: string;
      readonly message: string;
    };

export interface ResultEncodeOptions {
  /**
   * `omit`: an infinity or NaN is left out. `symbol`: it is written as Guardian writes it, `inf`, `-inf`, `NaN`; a
   * Brain loses the whole message over one.
   * @defaultValue 'omit'
   */
  readonly nonFinite?: 'omit' | 'symbol';
  /**
   * `percent`: as Guardian sends it. `brain`: a rate within (0, 1] percent goes out as a fraction, because a Brain
   * takes every number up to 1 for one, and would read 0.7 percent as 70.
   * @defaultValue 'percent'
   */
  readonly winRate?: 'percent' | 'brain';
}

/**
 * One line with Guardian's fields in Guardian's order, in the outer form of the Service, the request id last. What
 * Guardian does not have (`used_*`, `data_hash`, `error_code`) stands before the id and is ignored by other readers.
 *
 * A failure carries no figure at all: a Sharpe of 0 beside an error has demoted strategies that were never tested.
 *
 * @throws SexpWriteError when a name, an id or a hash is not a line of text; requests with such names are refused
 */
export function encodeBacktestResult(answer: BacktestAnswer, options: ResultEncodeOptions = {}): string {
  const requestId = answer.requestId === null ? undefined : text(answer.requestId);
  const result =
    answer.kind === 'ok'
      ? alist([
          ['strategy_name', text(answer.strategyName)],
          ...figureEntries(answer.figures, options),
          ['trade_list', answer.trades === undefined ? undefined : writeTrades(answer.trades)],
          ...rangeEntries(answer.range),
          ['request_id', requestId],
        ])
      : alist([
          ['strategy_name', answer.strategyName === null ? undefined : text(answer.strategyName)],
          ['error', text(asLine(answer.message))],
          ['error_code', text(answer.code)],
          ['request_id', requestId],
        ]);
  const { nonFinite = 'omit' } = options;
  return writeSexp(
    alist([
      ['type', text('BACKTEST_RESULT')],
      ['result', result],
    ]),
    { nonFinite: nonFinite === 'symbol' ? 'symbol' : 'refuse' },
  );
}

const counts: ReadonlySet<WireFigure> = new Set(['trades', 'wins', 'losses']);

function* figureEntries(
  figures: EngineFigures,
  { nonFinite = 'omit', winRate = 'percent' }: ResultEncodeOptions,
): Iterable<readonly [string, Sexp]> {
  for (const [key] of figureKeys) {
    const value = figures[key];
    if (counts.has(key)) yield [key, int(value)];
    else if (Number.isFinite(value) || nonFinite === 'symbol') {
      const asFraction = winRate === 'brain' && key === 'win_rate' && value <= 1;
      yield [key, float(asFraction ? value / 100 : value)];
    }
  }
}

function rangeEntries(range: UsedRange | undefined): readonly (readonly [string, Sexp])[] {
  if (range === undefined) return [];
  return [
    ['used_first_s', int(range.firstS)],
    ['used_last_s', int(range.lastS)],
    ['used_bars', int(range.bars)],
    ['data_hash', text(range.dataHash)],
  ];
}

const messageCharsMax = 1_000;

/** A failure must be sayable whatever its text is. */
function asLine(message: string): string {
  const short = message.slice(0, messageCharsMax);
  return isLine(short) ? short : short.replace(/[\p{Cc}\p{Surrogate}]+/gu, ' ');
}
