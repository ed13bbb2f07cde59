/** The pace of the dispatch over HTTP: looked at by whoever may look, changed with the token. */
import { z } from 'zod';
import type { HttpChange, HttpChanges, HttpReply, HttpRoutes } from '../../actors/operations/ports.js';
import { names } from '../../protocols/backtest-dispatch.js';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';

/** Looking is answered from memory; a change is answered once it is on the disk. */
const limits = { statusMs: 1_500, changeMs: 8_000 } as const;

const path = '/api/dispatch';

type Asked = () => Pick<System, 'ask'> | undefined;

export const dispatchPages = (system: Asked): HttpRoutes => new Map([[path, () => show(system())]]);

async function show(system: ReturnType<Asked>): Promise<HttpReply> {
  const outcome = await system?.ask(names.dispatcher, { type: 'status' }, { deadlineMs: limits.statusMs });
  if (outcome === undefined) return starting();
  if (outcome.ok) return jsonReply(outcome.value);
  return jsonReply(
    { error: `the dispatcher did not answer: ${outcome.reason.type}`, code: 'no_answer' },
    503,
  );
}

const starting = (): HttpReply => jsonReply({ error: 'the tree is starting', code: 'starting' }, 503);

/** Which keys there are, and of which type; what is in range the dispatcher says itself. */
const settings = z
  .strictObject({
    paused: z.boolean(),
    inFlightMax: z.number(),
    inFlightMin: z.number(),
    inFlightBytesMax: z.number(),
    ratePerS: z.number(),
    batchMax: z.number(),
    intervalMs: z.number(),
  } satisfies Record<keyof DispatchSettings, z.ZodType>)
  .partial()
  .refine((given) => Object.keys(given).length > 0, 'expected at least one setting');

export const dispatchChanges = (system: Asked): HttpChanges =>
  new Map([[path, (change: HttpChange) => apply(system(), change)]]);

async function apply(system: ReturnType<Asked>, { body, by }: HttpChange): Promise<HttpReply> {
  const parsed = settings.safeParse(body);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`,
    );
    return jsonReply({ error: problems.join('; '), code: 'invalid' }, 400);
  }
  if (system === undefined) return starting();
  const given = Object.fromEntries(
    Object.entries(parsed.data).filter(([, value]) => value !== undefined),
  ) as Partial<DispatchSettings>;
  const answer = dbAnswer(
    await system.ask(
      names.dispatcher,
      { type: 'change_settings', settings: given, changedBy: by },
      { deadlineMs: limits.changeMs },
    ),
  );
  if (answer.ok) return jsonReply({ settings: answer.value });
  const { code, message } = answer;
  return jsonReply({ error: message, code }, code === 'invalid' ? 400 : 503);
}
