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
import { letterFilter, ReplRefusal } from '../../protocols/repl.js';
import type { Letters, Surroundings } from '../inspection/sources.js';
import type { Log } from '../node/winston-log.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';
import type { Redriven, Redriver } from './redrive.js';

const limits = { askMs: 1_500, listMax: 500, listUsual: 50, redriveMax: 100, redriveMs: 5_000 } as const;

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

const named = z.strictObject({
  letterIds: z.array(z.string().min(1).max(300)).min(1).max(limits.redriveMax),
});

/** As the REPL's `redrive`: what fits the filter, oldest first. */
const filtered = z.strictObject({
  filter: letterFilter.refine((filter) => Object.keys(filter).length > 0, 'expected something to choose by'),
  /** Only says what would be delivered again. */
  dryRun: z.boolean().default(false),
  /** Letters a second. */
  rate: z.number().min(1).max(1_000).default(50),
  limit: z.int().min(1).max(limits.redriveMax).default(limits.redriveMax),
});

const wanted = z.union([named, filtered]);

export interface LetterSources {
  readonly redriver: Redriver;
  readonly letters: Letters;
  readonly pause: Surroundings['pause'];
  readonly log: Log;
}

/** Oldest first is the order of whoever names them; each is answered for itself. */
export const letterChanges = ({ redriver, letters, pause, log }: LetterSources): HttpChanges => {
  const redrive = async (letterId: string, by: string): Promise<Redriven> => {
    const result = await redriver.redrive(letterId, by);
    log.info('letter.redrive', { by, ...result });
    return result;
  };
  return new Map([
    [
      '/api/dead-letters/redrive',
      async ({ body, by }: HttpChange): Promise<HttpReply> => {
        const parsed = wanted.safeParse(body);
        if (!parsed.success) return jsonReply({ error: expectedBody }, 400);
        const asked = parsed.data;
        const results: Redriven[] = [];
        if ('letterIds' in asked) {
          for (const letterId of asked.letterIds) results.push(await redrive(letterId, by));
          return jsonReply({ results });
        }
        // A request has its time: so many as go out within it at this rate, and `more` says to ask again.
        const limit = Math.min(asked.limit, Math.max(1, Math.floor((asked.rate * limits.redriveMs) / 1_000)));
        const listed = await letters.list(asked.filter, limit).catch(refusalOf);
        if (listed instanceof ReplRefusal) return jsonReply({ error: listed.message }, 503);
        const { letters: found, more } = listed;
        const letterIds = found.map(({ id }) => id);
        if (asked.dryRun) return jsonReply({ dryRun: true, letterIds, more });
        const neverAborted = new AbortController().signal;
        for (const letterId of letterIds) {
          results.push(await redrive(letterId, by));
          // After the last one too: who asks again at once keeps the rate.
          await pause(1_000 / asked.rate, neverAborted);
        }
        return jsonReply({ results, more });
      },
    ],
  ]);
};

/** The store does not answer now; what else is thrown is a surprise. */
function refusalOf(error: unknown): ReplRefusal {
  if (error instanceof ReplRefusal) return error;
  throw error;
}

const expectedBody =
  `expected {"letterIds": [1 to ${limits.redriveMax} ids]}, or {"filter": {"reason", "recipient", "type", "id", ` +
  `"withinSeconds": at least one of them}, "dryRun": false, "rate": 1 to 1000 a second, "limit": 1 to ${limits.redriveMax}}`;
