/** The kept dead letters over HTTP: listed, shown, delivered again. */
import { z } from 'zod';
import type {
  HttpAsk,
  HttpChange,
  HttpChanges,
  HttpReply,
  HttpRoutes,
} from '../../actors/operations/ports.js';
import { names } from '../../protocols/dead-letters.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { Log } from '../node/winston-log.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';
import type { Redriven, Redriver } from './redrive.js';

const limits = { askMs: 1_500, listMax: 500, listUsual: 50, redriveMax: 100 } as const;

export const letterPages = (system: () => System | undefined): HttpRoutes =>
  new Map<string, (ask: HttpAsk) => Promise<HttpReply>>([
    ['/api/dead-letters/kept', (ask) => list(system(), ask)],
    ['/api/dead-letters/kept/:id', (ask) => show(system(), ask)],
  ]);

async function list(system: System | undefined, { query }: HttpAsk): Promise<HttpReply> {
  const { reason, after } = query;
  const limit = Math.min(
    limits.listMax,
    Math.max(1, Math.trunc(Number(query['limit'] ?? limits.listUsual)) || 1),
  );
  const cursor = cursorOf(after);
  if (cursor === undefined) return jsonReply({ error: 'after: expected TIME,ID of a letter' }, 400);
  const asked = await system?.ask(
    names.deadLetters,
    { type: 'list', after: cursor, limit, ...(reason === undefined ? {} : { reason }) },
    { deadlineMs: limits.askMs },
  );
  return reply(asked && dbAnswer(asked), (found) => ({ letters: found }));
}

/** @returns undefined for what is no cursor */
function cursorOf(text: string | undefined) {
  if (text === undefined || text === '') return null;
  const [, time, letterId] = /^(\d{1,16}),(.{1,300})$/.exec(text) ?? [];
  return time === undefined || letterId === undefined ? undefined : { atWallMs: Number(time), letterId };
}

async function show(system: System | undefined, { params }: HttpAsk): Promise<HttpReply> {
  const asked = await system?.ask(
    names.deadLetters,
    { type: 'show', letterId: params['id'] ?? '' },
    { deadlineMs: limits.askMs },
  );
  const answer = asked && dbAnswer(asked);
  if (answer?.ok === true && answer.value === null) return jsonReply({ error: 'no such letter' }, 404);
  return reply(answer, (letter) => letter);
}

function reply<T>(answer: DbAnswer<T> | undefined, shape: (value: T) => unknown): HttpReply {
  if (answer === undefined) return jsonReply({ error: 'the tree is starting' }, 503);
  return answer.ok
    ? jsonReply(shape(answer.value))
    : jsonReply({ error: `${answer.message} (${answer.code})` }, 503);
}

const wanted = z.strictObject({
  letterIds: z.array(z.string().min(1).max(300)).min(1).max(limits.redriveMax),
});

/** Oldest first is the order of whoever asks; each is answered for itself. */
export const letterChanges = (redriver: Redriver, log: Log): HttpChanges =>
  new Map([
    [
      '/api/dead-letters/redrive',
      async ({ body, by }: HttpChange): Promise<HttpReply> => {
        const parsed = wanted.safeParse(body);
        if (!parsed.success)
          return jsonReply({ error: `letterIds: expected 1 to ${limits.redriveMax} ids of letters` }, 400);
        const results: Redriven[] = [];
        for (const letterId of parsed.data.letterIds) {
          const result = await redriver.redrive(letterId, by);
          log.info('letter.redrive', { by, ...result });
          results.push(result);
        }
        return jsonReply({ results });
      },
    ],
  ]);
