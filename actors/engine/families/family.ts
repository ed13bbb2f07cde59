import type { Candles } from '../../../protocols/candles/index.js';

/** What an indicator says at one bar, as bits of a byte. */
export const signal = { buy: 1, sell: 2, exitLong: 4, exitShort: 8 } as const;

/** A crossing family leaves a position when it would enter the opposite one. */
export const crossUp = signal.buy | signal.exitShort;
export const crossDown = signal.sell | signal.exitLong;

export interface FamilyPeriods {
  /** Whole numbers, 0 or more; what they mean depends on the family. */
  readonly short: number;
  readonly long: number;
}

/**
 * One indicator: how many bars it wants and what it says at each. A window before bar i excludes bar i, and sums
 * run from the oldest bar to the newest, because the figures must equal Guardian's to the last digit.
 */
export interface Family {
  /** Bars needed, and index of the first bar evaluated. */
  minBars(periods: FamilyPeriods): number;
  /** One byte of {@link signal} bits per bar; those before `from` stay 0. */
  signals(bars: Candles, periods: FamilyPeriods, from: number): Uint8Array;
}
