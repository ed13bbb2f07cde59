/** What is told when pairs change. Times are those of the refresh: the figures are of the data that it read. */
import type { NewNotification } from '../../protocols/db-notifier.js';
import type { PairScore } from '../../protocols/db-pairs.js';

const titleMax = 256;
const bodyMax = 4_096;

export interface StartedPair {
  readonly refreshId: string;
  readonly pairId: string;
  readonly slot: string;
  readonly nameA: string;
  readonly nameB: string;
  readonly weightA: number;
  readonly weightB: number;
  /** Null for a pair that an earlier refresh has scored. */
  readonly score: PairScore | null;
  readonly wallMs: number;
  readonly expiresWallMs: number;
}

export function startedNotice(pair: StartedPair): NewNotification {
  const { refreshId, pairId, slot, nameA, nameB, weightA, weightB, score, wallMs, expiresWallMs } = pair;
  const figures =
    score === null
      ? 'Scored by an earlier refresh.'
      : `Place ${score.place}${score.rescued === 1 ? ' (rescued)' : ''}: score ${shown(score.score)}, Sharpe ${shown(score.sharpe)} for each point, profit factor ${shown(score.profitFactor)}, correlation ${shown(score.correlation)}.`;
  return {
    notificationId: `pair_active:${refreshId}:${pairId}`,
    topic: 'pairs',
    severity: 'info',
    title: `Pair active: ${nameA} + ${nameB}`.slice(0, titleMax),
    body: `Slot ${slot}, weights ${shown(weightA)} and ${shown(weightB)}. ${figures}`.slice(0, bodyMax),
    collapseKey: null,
    sourceWallMs: wallMs,
    createdWallMs: wallMs,
    expiresWallMs,
  };
}

export const emptyNotice = ({
  refreshId,
  explanation,
  wallMs,
  expiresWallMs,
}: Pick<StartedPair, 'refreshId' | 'wallMs' | 'expiresWallMs'> & {
  readonly explanation: string;
}): NewNotification => ({
  notificationId: `pairs_empty:${refreshId}`,
  topic: 'pairs',
  severity: 'warn',
  title: 'No pair is active',
  body: explanation.slice(0, bodyMax),
  collapseKey: 'pairs_empty',
  sourceWallMs: wallMs,
  createdWallMs: wallMs,
  expiresWallMs,
});

const shown = (value: number): string => value.toFixed(3);
