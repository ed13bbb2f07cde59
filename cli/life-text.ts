import type { RequestLife } from '../runtime/pipeline/request-life.js';
import { painter, spokenMs, table } from './output.js';

const time = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 23).replace('T', ' ');

/** Each hop with its time of day and what it took since the one before. */
export function lifeText(life: RequestLife): string {
  const paint = painter(process.stdout);
  const good = life.state === 'succeeded';
  const rows: string[][] = [];
  let before: number | null = null;
  const hop = (what: string, wallMs: number | null, note = ''): void => {
    const took = wallMs === null || before === null ? '' : `+${spokenMs(Math.max(0, wallMs - before))}`;
    rows.push([what, wallMs === null ? 'unknown' : time(wallMs), took, note]);
    before = wallMs ?? before;
  };
  hop('submitted', life.submittedWallMs);
  for (const attempt of life.attempts) {
    hop(
      `attempt ${attempt.number} leased`,
      attempt.leasedWallMs,
      `${attempt.backend ?? ''} ${attempt.attemptId}`,
    );
    hop('  left the socket', attempt.sentWallMs);
    if (attempt.outcome !== null) hop(`  ${attempt.outcome}`, attempt.endedWallMs, attempt.failureCode ?? '');
  }
  if (life.terminalWallMs !== null) hop(life.state, life.terminalWallMs, life.failureCode ?? '');
  const all =
    life.terminalWallMs === null ? 'still open' : spokenMs(life.terminalWallMs - life.submittedWallMs);
  const head = `${life.requestId}  ${life.kind} of ${life.strategy}: ${paint(good ? 'green' : 'yellow', life.state)}, ${all}`;
  const message = life.failureMessage === null ? '' : `\n${life.failureMessage}`;
  return `${head}\n${table(rows)}${message}`;
}
