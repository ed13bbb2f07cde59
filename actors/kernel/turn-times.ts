/** How long the turns of one place, inits with them, held the loop. */
export class TurnTimes {
  /** By samples: how many ticks of the hand fell into its turns, as ms. */
  sampledMs = 0;
  longestMs = 0;
  longestType: string | undefined = undefined;
  longestWallMs = 0;
  /** Turns that held the loop for as long as the system's threshold. */
  slow = 0;
}

/**
 * A clock that costs next to nothing to look at: a thread of its own moves the hand, and the kernel looks whether it
 * has moved after each message. Reading the real clock instead would cost half as much as a small turn.
 *
 * Cells: `tick` is moved by the thread; `turn` is the serial of the process whose turn it is, for the thread to see
 * when the loop hangs, and below 0, at rest, that of the last one.
 */
export interface Hand {
  readonly cells: Int32Array;
  /** What one tick stands for, ms. */
  readonly tickMs: number;
}

export const handCells = { tick: 0, turn: 1, count: 2 } as const;

/** The hand of a system that nobody watches: it never moves. */
export const stillHand = (): Hand => ({ cells: new Int32Array(handCells.count), tickMs: 0 });
