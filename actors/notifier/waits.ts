/** How long a channel wants to be left alone. */
import type { Carried } from '../../protocols/notifier.js';

export type Answered = Extract<Carried, { readonly type: 'answered' }>;

/** `waitMsMax`: a longer wait is not believed (some paths give milliseconds where seconds are meant). */
export const waitRules = { waitMsMax: 900_000, unsaidMs: 5_000, repeatedMsMax: 60_000 } as const;

/** Seconds as a header gives them: plain decimal; null for anything else, and for what is negative. */
function seconds(text: string | undefined): number | null {
  if (text === undefined || !/^\s*\d{1,12}(\.\d{1,9})?\s*$/.test(text)) return null;
  return Number(text);
}

/** `Retry-After` may be a date too; it is taken against the server's own clock where that is given. */
function untilDate(headers: Answered['headers'], nowWallMs: number): number | null {
  const at = Date.parse(headers['retry-after'] ?? '');
  if (Number.isNaN(at)) return null;
  const served = Date.parse(headers['date'] ?? '');
  return Math.max(0, (at - (Number.isNaN(served) ? nowWallMs : served)) / 1_000);
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : null;

const clamp = (s: number): number => Math.min(waitRules.waitMsMax, Math.ceil(s * 1_000));

/**
 * What a 429 asks for, ms: `X-RateLimit-Reset-After`, else `Retry-After`, else the body's `retry_after`, in the order in
 * which they can be trusted (wire.md 6.4). One that comes again and again is met with at least 0.5 s, doubling to a
 * minute: a server that says 0 must not be asked without end.
 *
 * @param repeated refusals of this kind in a row before this one
 */
export function limitedMs(answer: Answered, repeated: number, nowWallMs: number): number {
  const { headers, body } = answer;
  const said =
    seconds(headers['x-ratelimit-reset-after']) ??
    seconds(headers['retry-after']) ??
    untilDate(headers, nowWallMs) ??
    numberOf(body?.['retry_after']);
  const leastMs = Math.min(waitRules.repeatedMsMax, 500 * 2 ** Math.min(repeated, 10));
  return Math.max(leastMs, said === null ? waitRules.unsaidMs : clamp(said));
}

/** Whether nobody at the host may be sent to, and not this lane alone. */
export const isGlobal = ({ headers, body }: Answered): boolean =>
  headers['x-ratelimit-global']?.toLowerCase() === 'true' ||
  headers['x-ratelimit-scope']?.toLowerCase() === 'global' ||
  body?.['global'] === true;

/** After a success: the budget is used up, so the next one would be refused. 0 when it is not. */
export function pacedMs({ headers }: Answered): number {
  const remaining = seconds(headers['x-ratelimit-remaining']);
  const resetAfter = seconds(headers['x-ratelimit-reset-after']);
  return remaining === 0 && resetAfter !== null ? clamp(resetAfter) : 0;
}
