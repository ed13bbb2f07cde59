/** The notifier's lanes over HTTP: looked at by whoever may look, set going again with the token. */
import { z } from 'zod';
import type { HttpChange, HttpChanges, HttpReply, HttpRoutes } from '../../actors/operations/ports.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import { names } from '../../protocols/notifier.js';
import type { NotifierStanding } from '../../protocols/notifier.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';

const limits = { standingMs: 1_500, changeMs: 8_000, nameCharsMax: 200 } as const;

type Asked = () => Pick<System, 'ask'> | undefined;

export const lanePages = (system: Asked): HttpRoutes =>
  new Map([
    [
      '/api/lanes',
      async () => {
        const found = await standing(system());
        return 'status' in found ? found : jsonReply(found);
      },
    ],
  ]);

async function standing(system: ReturnType<Asked>): Promise<NotifierStanding | HttpReply> {
  const deadline = { deadlineMs: limits.standingMs };
  const outcome = await system?.ask(names.desk, { type: 'notifier_standing' }, deadline);
  if (outcome === undefined) return jsonReply({ error: 'the tree is starting', code: 'starting' }, 503);
  if (outcome.ok) return outcome.value;
  return jsonReply({ error: `the notifier did not answer: ${outcome.reason.type}`, code: 'no_answer' }, 503);
}

const wanted = z.strictObject({ lane: z.string().min(1).max(limits.nameCharsMax) });

export const laneChanges = (system: Asked): HttpChanges =>
  new Map([['/api/lanes/retry', (change: HttpChange) => retry(system(), change)]]);

async function retry(system: ReturnType<Asked>, { body }: HttpChange): Promise<HttpReply> {
  const parsed = wanted.safeParse(body);
  if (!parsed.success)
    return jsonReply({ error: 'expected {"lane": the name of a lane}', code: 'invalid' }, 400);
  const { lane } = parsed.data;
  const found = await standing(system);
  if ('status' in found || system === undefined)
    return 'status' in found ? found : jsonReply({ error: 'the tree is starting', code: 'starting' }, 503);
  const lanes = found.lanes.map((each) => each.lane);
  if (!lanes.includes(lane) && !found.silent.includes(lane))
    return jsonReply(
      { error: `expected one of ${lanes.join(', ')}, found ${JSON.stringify(lane)}`, code: 'unknown_lane' },
      404,
    );
  const answer = dbAnswer(
    await system.ask(names.desk, { type: 'retry_lane', lane }, { deadlineMs: limits.changeMs }),
  );
  return answer.ok
    ? jsonReply({ lane, wasStopped: answer.value })
    : jsonReply({ error: answer.message, code: answer.code }, 503);
}
