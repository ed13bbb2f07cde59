import type { GivenStrategy } from './rig.js';
import { walk } from './walk.js';

/** A mixed crowd: several groups, legs that share a signal, some of which cannot be legs at all. */
export function crowd(seed: number): readonly GivenStrategy[] {
  return Array.from({ length: 36 }, (_, index) => {
    const own = walk(seed + index, 95 + ((index * 7) % 60), 0.02 * (index % 9));
    const shared = walk(seed, 120, 0.1);
    const trades =
      index % 5 === 0
        ? shared.map(([timeS, pnl], at) => [timeS, pnl + (own[at]?.[1] ?? 0) / 4] as const)
        : own;
    return {
      id: `s${String(index).padStart(2, '0')}`,
      name: `strategy ${(index * 5) % 36}`,
      symbol: ['USDJPY', 'EURUSD', null][index % 3] ?? null,
      timeframeMinutes: [60, 240][index % 2] ?? 60,
      rank: index % 11 === 10 ? 'B' : index % 4 === 0 ? 'S' : 'A',
      sharpe: (index % 6) / 3,
      lists: [
        { kind: 'backtest', trades: walk(seed + 500 + index, 130) },
        { kind: 'backtest', trades },
        { kind: 'oos', trades: walk(seed + 900 + index, index % 2 === 0 ? 140 : 60, 0.3) },
      ],
    };
  });
}
