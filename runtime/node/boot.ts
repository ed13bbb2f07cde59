import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** This start of this process: whose lease an attempt is. */
export interface Boot {
  readonly bootId: string;
  readonly pid: number;
  readonly startedWallMs: number;
}

/** Never given before, on any machine. */
export const newId = (): string => randomUUID();

/** Runs once the events of this moment are through. */
export const afterThis = (run: () => void): void => queueMicrotask(run);

export const newBoot = (): Boot => ({ bootId: newId(), pid: process.pid, startedWallMs: Date.now() });

/** Resolves after the time, or as soon as the signal comes; until then the process lives. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
