/** Requests over HTTP, with the token: cancelled. */
import { z } from 'zod';
import type { HttpChange, HttpChanges, HttpReply } from '../../actors/operations/ports.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';

const limits = { askMs: 4_000, idsMax: 100, textMax: 300 } as const;

const wanted = z.strictObject({
  requestIds: z.array(z.string().min(1).max(limits.textMax)).min(1).max(limits.idsMax),
  reason: z.string().min(1).max(limits.textMax).default('cancelled by hand'),
});

type Asked = () => Pick<System, 'ask' | 'whereis'> | undefined;

export const requestChanges = (system: Asked, clock: Clock): HttpChanges =>
  new Map([['/api/requests/cancel', (change: HttpChange) => cancel(system(), clock, change)]]);

async function cancel(system: ReturnType<Asked>, clock: Clock, { body }: HttpChange): Promise<HttpReply> {
  const parsed = wanted.safeParse(body);
  if (!parsed.success)
    return jsonReply(
      { error: `expected {"requestIds": [1 to ${limits.idsMax} ids], "reason": text}`, code: 'invalid' },
      400,
    );
  if (system === undefined) return jsonReply({ error: 'the tree is starting', code: 'starting' }, 503);
  const { requestIds, reason } = parsed.data;
  const deadline = { deadlineMs: limits.askMs };
  const results: object[] = [];
  for (const requestId of requestIds) {
    const wallMs = clock.wallMs();
    const ended = dbAnswer(
      await system.ask(db.core, { type: 'cancel_request', requestId, wallMs, reason }, deadline),
    );
    if (!ended.ok) return jsonReply({ error: ended.message, code: ended.code, results }, 503);
    if (ended.value) results.push({ requestId, outcome: 'cancelled', state: 'cancelled' });
    else {
      const found = dbAnswer(
        await system.ask(db.reader, { type: 'request_outcomes', requestIds: [requestId] }, deadline),
      );
      if (!found.ok) return jsonReply({ error: found.message, code: found.code, results }, 503);
      const state = found.value[0]?.state ?? null;
      results.push({ requestId, outcome: state === null ? 'unknown' : 'over', state });
    }
  }
  // Whoever waits for them to end looks now.
  system.whereis(dispatch.dispatcher)?.tell({ type: 'work_available' });
  return jsonReply({ results });
}
