const minutesPerUnit = { M: 1, H: 60, D: 1_440, W: 10_080 } as const;

/** What Swimmy calls a month: thirty days. */
const monthMinutes = 43_200;

/** Beyond this a bar is longer than any candle file: the token is an id or an accident. 100 years of minutes. */
const minutesMax = 52_560_000;

/**
 * Minutes of a timeframe as strategies and requests spell it: a number (rounded), digits, `M5` `H4` `D1` `W1` with any
 * count, `MN` or `MN1`, in either letter case. `M1` is a minute, `MN1` a month of thirty days.
 *
 * @returns a whole number from 1 to 52,560,000; null for anything else, so that the caller chooses, and reports, the
 * default
 */
export function timeframeMinutes(token: string | number): number | null {
  if (typeof token === 'number') return inRange(Math.round(token));
  const label = token.trim().toUpperCase();
  if (label === 'MN' || label === 'MN1') return monthMinutes;
  const found = /^([MHDW]?)(\d{1,8})$/.exec(label);
  if (found === null) return null;
  const [, unit = '', count = ''] = found;
  return inRange(Number(count) * (unit === '' ? 1 : minutesPerUnit[unit as keyof typeof minutesPerUnit]));
}

/** The shortest label for a number of minutes: 1 is `M1`, 90 `M90`, 3600 `H60`, 10080 `W1`, 43200 `MN`. */
export function timeframeLabel(minutes: number): string {
  if (minutes === monthMinutes) return 'MN';
  for (const unit of ['W', 'D', 'H'] as const) {
    if (minutes % minutesPerUnit[unit] === 0) return `${unit}${minutes / minutesPerUnit[unit]}`;
  }
  return `M${minutes}`;
}

function inRange(minutes: number): number | null {
  return minutes >= 1 && minutes <= minutesMax ? minutes : null;
}
