import type { Candles } from '../../protocols/candles/index.js';
import { atrBefore } from './atr.js';
import { signal } from './families/family.js';
import { swapFor, type Side, type SwapRate } from './swap.js';

/** Price units lost on each side of a trade, the same for every symbol and price scale, as Guardian has it. */
const slippage = 0.005;

/** How a position ends, beside what the indicator says. */
export interface Exits {
  /** Distances of stop and target from the entry, price units. */
  readonly sl: number;
  readonly tp: number;
  /** Bars of the average true range that the two factors multiply. */
  readonly atrPeriod: number;
  /** Above 0, replaces both distances by multiples of the range, where there is one. */
  readonly atrBarrierSl: number;
  readonly atrBarrierTp: number;
  readonly swapRates: readonly SwapRate[];
}

/** Closed trades in the order of their exits. */
export interface Trades {
  /** Opening of the bar on whose close the trade ended, unix seconds. */
  readonly exitS: readonly number[];
  /** Price units, slippage and swap included. */
  readonly pnl: readonly number[];
}

interface Position {
  readonly side: Side;
  readonly entry: number;
  readonly entryS: number;
  readonly stop: number;
  readonly target: number;
}

/**
 * Walks the bars once: exits before entries, both on the close only, one position at a time; what is open at the
 * end is forgotten. Fills are the close, never the stop's or target's level.
 */
export function tradeBars(bars: Candles, signals: Uint8Array, from: number, exits: Exits): Trades {
  const exitS: number[] = [];
  const pnl: number[] = [];
  let position: Position | null = null;
  for (let at = from; at < bars.length; at += 1) {
    const bits = signals[at] ?? 0;
    const price = bars.close[at] ?? NaN;
    const timeS = bars.timeS[at] ?? NaN;
    if (position !== null && isExit(position, price, bits)) {
      exitS.push(timeS);
      pnl.push(pnlOf(position, price) + swapFor(exits.swapRates, position.side, position.entryS, timeS));
      position = null;
    }
    // A reversal is an exit and an entry on one bar; a buy goes before a sell.
    if (position === null && (bits & (signal.buy | signal.sell)) !== 0) {
      position = enter(
        (bits & signal.buy) !== 0 ? 'long' : 'short',
        price,
        timeS,
        distances(bars, at, exits),
      );
    }
  }
  return { exitS, pnl };
}

function isExit({ side, stop, target }: Position, price: number, bits: number): boolean {
  if (side === 'long') return price <= stop || price >= target || (bits & signal.exitLong) !== 0;
  return price >= stop || price <= target || (bits & signal.exitShort) !== 0;
}

function pnlOf({ side, entry }: Position, price: number): number {
  return side === 'long' ? price - slippage - entry : entry - (price + slippage);
}

function enter(
  side: Side,
  price: number,
  entryS: number,
  [toStop, toTarget]: readonly [number, number],
): Position {
  if (side === 'long') {
    const entry = price + slippage;
    return { side, entry, entryS, stop: entry - toStop, target: entry + toTarget };
  }
  const entry = price - slippage;
  return { side, entry, entryS, stop: entry + toStop, target: entry - toTarget };
}

function distances(bars: Candles, at: number, exits: Exits): readonly [number, number] {
  const range = exits.atrBarrierSl > 0 ? atrBefore(bars, at, exits.atrPeriod) : 0;
  return range > 0 ? [exits.atrBarrierSl * range, exits.atrBarrierTp * range] : [exits.sl, exits.tp];
}
