/** A gated candle file whose name and commonest step agree. */
export interface UsableCandles {
  /** SHA-256 of the file. */
  readonly fileId: string;
  readonly path: string;
  /** Upper case. */
  readonly symbol: string;
  /** Width of a bar. */
  readonly minutes: number;
  readonly firstS: number;
  readonly lastS: number;
}

/**
 * The file to test a strategy on: of its symbol's files whose bar divides the timeframe, the one with the longest span;
 * ties go to the finer bar, then to the smaller id, so that the order of the folder decides nothing.
 *
 * @returns undefined when none fits
 */
export function chooseCandles(
  files: readonly UsableCandles[],
  symbol: string,
  timeframeMinutes: number,
): UsableCandles | undefined {
  const wanted = symbol.toUpperCase();
  let best: UsableCandles | undefined;
  for (const file of files) {
    if (file.symbol !== wanted || timeframeMinutes % file.minutes !== 0) continue;
    if (best === undefined || isBetter(file, best)) best = file;
  }
  return best;
}

const spanS = (file: UsableCandles): number => file.lastS - file.firstS;

function isBetter(file: UsableCandles, than: UsableCandles): boolean {
  if (spanS(file) !== spanS(than)) return spanS(file) > spanS(than);
  if (file.minutes !== than.minutes) return file.minutes < than.minutes;
  return file.fileId < than.fileId;
}

/** Why no file fits, for the one who reads the failure. */
export function explainNoCandles(
  files: readonly UsableCandles[],
  symbol: string,
  timeframeMinutes: number,
): string {
  const wanted = symbol.toUpperCase();
  const ofSymbol = files.filter((file) => file.symbol === wanted);
  if (ofSymbol.length === 0) {
    const symbols = [...new Set(files.map((file) => file.symbol))].sort();
    const known = symbols.length === 0 ? 'no usable file at all' : `usable are ${symbols.join(', ')}`;
    return `no usable candle file for ${wanted}; ${known}`;
  }
  const bars = [...new Set(ofSymbol.map((file) => file.minutes))].sort((a, b) => a - b);
  return `no candle file of ${wanted} has a bar that divides ${timeframeMinutes} min; found ${bars.join(', ')} min`;
}
