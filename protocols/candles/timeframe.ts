const minutesPerUnit = { M: 1, H: 60, D: 1_440, W: 10_080 } as const;

/** What Swimmy calls a month: thirty days. */
const monthMinutes = 43_200;

/** Longest token understood: a year of minutes; longer ones are years or ids in a file's name, not bars. */
const minutesMax = 527_040;

/**
 * Minutes of a timeframe token: `MN` or `MN1`, else M, H, D or W and a count, in either letter case.
 * @returns null for anything else
 */
export function timeframeMinutes(token: string): number | null {
  const label = token.trim().toUpperCase();
  if (label === 'MN' || label === 'MN1') return monthMinutes;
  const match = /^([MHDW])([1-9]\d{0,5})$/.exec(label);
  if (match === null) return null;
  const minutes = minutesPerUnit[match[1] as keyof typeof minutesPerUnit] * Number(match[2]);
  return minutes <= minutesMax ? minutes : null;
}

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
