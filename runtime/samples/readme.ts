/** README.txt beside the samples: a CSV cannot carry a comment, so the label stands here. */
export const sampleReadme = (seed: string): string => `SYNTHETIC SAMPLES - NO MARKET DATA

Everything in this folder was made by a program, from the seed "${seed}". The candles are random numbers in the form of
prices. Nothing here says anything about a real market, and no result on it is a reason to trade.

Candles (SYMBOL_TF.csv, UTC, without weekends)
  USDJPY_H1 EURJPY_H1 GBPJPY_H1 EURUSD_H1   three years of hours
  USDJPY_M15                                the last year of the same USDJPY path in quarter hours

Each price is a level that drifts one way for one or two weeks, then another or none, with swings about it that die out
within hours, and noise in both. So following a trend and fading a swing can both work, and both can fail:
USDJPY has something of each, EURJPY mostly trends, GBPJPY mostly swings. The strategies were not fitted to
the candles.

Why most strategies trade against the yen: the engine takes 0.005 price units off each side of every trade, whatever
the symbol. That is half a pip at a price of 140 and fifty pips at 1.1. On EURUSD hardly anything survives it.

Strategies (strategies.sexp, one record per line)
  Sample-<symbol>-<timeframe>-<family>-...  SMA, EMA and RSI over a grid of periods
  Sample-Quarters-*, Sample-Daily-SMA       other timeframes; quarter hours choose the M15 file
  Sample-Euro-*                             what the slippage does to a price of 1.1
  Sample-MACD*, -Bands, -Stochastic         families that the embedded engine may not compute: failed requests
  Sample-Third-Average, -Second-Condition   say more than a request can carry: sent, and flagged as approximated
  Sample-Plain-Under-Another-Name           the logic of Sample-Plain again: attached, not imported
  Sample-Legend                             claims a rank: a claim is kept, and proves nothing
  Sample-Any-Symbol                         names no symbol: the run's is taken
  Sample-No-Candles                         a symbol without a file: fails with no_candles
  Sample-Too-Few-Bars                       200 weeks of three years: fails with too_few_bars
  Sample-Negative-Stop, Sample-Cut-Off      quarantined: a stop below 0, and a line that ends too soon
  TEST-Sample-Fixture                       named like a test: measured, and never ranked

samples.json says which version of the program wrote this. Delete the folder, and it is written anew.
`;
