/** Every notification shows the time of its data, and says so when they are old (K23). */

/** A clock that is ahead of ours by more makes ages unknowable. */
export const skewMsMax = 30_000;

/** `2024-05-01 12:34:56 UTC` */
export function shownTime(wallMs: number): string {
  const date = new Date(wallMs);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A time in its largest unit: `45 s`, `3 min`, `2 h`, `5 d`. */
export function shownAge(ms: number): string {
  const s = Math.floor(ms / 1_000);
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min`;
  return s < 86_400 ? `${Math.floor(s / 3_600)} h` : `${Math.floor(s / 86_400)} d`;
}

/** @param freshMs how old data may be and still count as new */
export function freshness(sourceWallMs: number, nowWallMs: number, freshMs: number): string | null {
  const ageMs = nowWallMs - sourceWallMs;
  if (ageMs < -skewMsMax) return 'CLOCKS DIFFER';
  return ageMs > freshMs ? `STALE (${shownAge(ageMs)} old)` : null;
}
