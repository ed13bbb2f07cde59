import type { Backoff, ChildSpec } from '../../actors/kernel/child-spec.js';

/** Delays that outlast the period would make the intensity meaningless: a child could fail for ever. */
export function backoffFits(
  child: ChildSpec,
  supervisor: { readonly intensity: number; readonly periodMs: number },
): string | undefined {
  const { backoff } = child;
  if (backoff === undefined) return undefined;
  const attempts = supervisor.intensity + 1;
  let delaysMs = 0;
  for (let attempt = 0; attempt < attempts; attempt++) delaysMs += delayMsOf(backoff, attempt);
  const longestMs = delaysMs * (1 + (backoff.jitter ?? 0));
  if (longestMs <= supervisor.periodMs) return undefined;
  return (
    `${child.id}: backoff: ${attempts} delays of together up to ${Math.round(longestMs)} ms do not fit into ` +
    `the period of ${supervisor.periodMs} ms, so the supervisor would never give up`
  );
}

/** The delay before restart number `attempt`, counted from 0, without jitter. */
export function delayMsOf(backoff: Backoff, attempt: number): number {
  if ('delaysMs' in backoff) return backoff.delaysMs[Math.min(attempt, backoff.delaysMs.length - 1)] ?? 0;
  return Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** attempt);
}

/** The longest delay, without jitter. */
export const longestMs = (backoff: Backoff): number =>
  'delaysMs' in backoff ? Math.max(...backoff.delaysMs) : backoff.maxMs;
