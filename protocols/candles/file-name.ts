import { timeframeMinutes } from '../timeframe.js';

/** Minutes of `MN`, which Swimmy takes for thirty days. */
const monthMinutes = 43_200;

/** What a candle file's name says about it. */
export interface CandleFileName {
  /** Upper case, such as `USDJPY`. */
  readonly symbol: string;
  /** Upper case, such as `H1`. */
  readonly timeframeLabel: string;
  readonly minutes: number;
}

/**
 * Reads `SYMBOL_TF.csv`; the symbol may itself hold underscores.
 * @param name file name without its folder
 * @returns null when the name does not say symbol and timeframe
 */
export function checkCandleFileName(name: string): CandleFileName | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._#-]{0,31})_([A-Za-z]{1,2}\d{0,6})\.csv$/i.exec(name);
  const [, symbol = '', token = ''] = match ?? [];
  const minutes = timeframeMinutes(token);
  if (match === null || minutes === null) return null;
  return { symbol: symbol.toUpperCase(), timeframeLabel: token.toUpperCase(), minutes };
}

/**
 * True when the commonest step of a file's rows is the bar that its name claims. A month is any of 28 to 31 days.
 * @param stepSeconds null, as for a single row, confirms nothing
 */
export function confirmTimeframe(minutes: number, stepSeconds: number | null): boolean {
  if (stepSeconds === null) return false;
  if (minutes === monthMinutes) return stepSeconds >= 28 * 86_400 && stepSeconds <= 31 * 86_400;
  return stepSeconds === minutes * 60;
}
