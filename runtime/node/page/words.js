/** How figures are said. Unknown is a dash, never a zero. */
export const count = (value) =>
  typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 0 }) : '–';

export const figure = (value, digits = 3) => (typeof value === 'number' ? value.toFixed(digits) : '–');

export function duration(ms) {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = ms / 1_000;
  if (s < 60) return `${s.toFixed(s < 10 && !Number.isInteger(s) ? 1 : 0)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

export const clock = (wallMs) =>
  typeof wallMs === 'number' ? new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ') : '–';

/** Whole seconds, so that a section is not drawn anew for the age of its figures alone. */
export function age(wallMs, nowWallMs) {
  if (typeof wallMs !== 'number') return 'never read';
  const s = Math.max(0, Math.round((nowWallMs - wallMs) / 1_000));
  return s === 0 ? 'now' : `${duration(s * 1_000)} ago`;
}
