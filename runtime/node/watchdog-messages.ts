/** Between the main thread and the one that watches it. */
export interface WatchdogData {
  /** The cells of the hand, and behind them the heartbeat of the main loop. */
  readonly shared: SharedArrayBuffer;
  readonly tickMs: number;
  readonly stuckMs: number;
  /** Whether it writes to stderr. */
  readonly says: boolean;
}

/** The cell behind those of the hand. */
export const beatCell = 2;
export const cellCount = 3;

/** The place behind a number that the thread will see. */
export interface PlaceNote {
  readonly serial: number;
  readonly path: string;
}

/** The loop was stuck and is back. */
export interface Stuck {
  /** Whose turn it was, or whose the last one was; null when its name was not known yet. */
  readonly path: string | null;
  readonly inTurn: boolean;
  readonly ms: number;
}
