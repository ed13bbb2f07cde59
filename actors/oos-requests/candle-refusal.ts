/** Content first, then the name: what the name claims must be what the rows are. */
import { createHash } from 'node:crypto';
import type { NewNotification } from '../../protocols/db-notifier.js';
import type { GateVerdict } from '../../protocols/db-oos.js';
import type { CheckedCandles } from './ports.js';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** @returns why a file cannot be tested on; null when it can */
export function refusalOf(check: CheckedCandles): Refusal | null {
  const { verdict, reason, message, name, nameConfirmed, file, stepSeconds } = check;
  if (verdict === 'refused')
    return { reason: reason ?? 'unknown', message: message ?? 'refused without a reason' };
  if (name === null) {
    const text = `found the name ${file}, expected SYMBOL_TF.csv such as USDJPY_H1.csv`;
    return { reason: 'unknown_name', message: `unknown_name: ${text}` };
  }
  if (nameConfirmed) return null;
  const found =
    stepSeconds === null ? 'a single row, without a step' : `a commonest step of ${stepSeconds} s`;
  const text = `found ${found}, expected ${name.minutes * 60} s as ${name.timeframeLabel} in the name says`;
  return { reason: 'step_disagrees', message: `step_disagrees: ${text}` };
}

/** Not news after that; until then somebody may still have to be woken. */
const worthTellingMs = 24 * 3_600_000;

/**
 * Told once for each version of a file and reason: a version is its content, or for what cannot be read its size and time.
 * @param before the verdict in memory on an earlier version; null when there was none
 */
export function refusalNotice(
  verdict: GateVerdict,
  before: GateVerdict['verdict'] | null,
): NewNotification | null {
  const { name, path, reason, message, fileId, bytes, modifiedWallMs, checkedWallMs } = verdict;
  if (verdict.verdict === 'accepted') return null;
  const version = fileId ?? [path, bytes, modifiedWallMs].join(':');
  const id = createHash('sha256')
    .update(JSON.stringify([name, version, reason]))
    .digest('hex');
  const was = before === 'accepted' ? 'It was accepted before; what rests on it stays as it is. ' : '';
  return {
    notificationId: `data:${id}`,
    topic: 'data',
    severity: 'warn',
    title: `Candles refused: ${name}`.slice(0, 256),
    body: `${was}${message ?? reason ?? 'no reason given'}`.slice(0, 4_096),
    collapseKey: `data:${name}`.slice(0, 256),
    sourceWallMs: checkedWallMs,
    createdWallMs: checkedWallMs,
    expiresWallMs: checkedWallMs + worthTellingMs,
  };
}
