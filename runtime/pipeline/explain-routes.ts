/** Why a strategy has its rank, and why a pair is not active, over HTTP. */
import type { HttpAsk, HttpReply, HttpRoutes } from '../../actors/operations/ports.js';
import { names } from '../../protocols/explanations.js';
import type { Explained, ExplainWork } from '../../protocols/explanations.js';
import type { System } from '../system.js';
import { jsonReply } from './json-reply.js';

/** What may be asked: characters, rows, and questions under way; and how long one may take, with its wait. */
export const defaults = {
  charsMax: 300,
  listMax: 200,
  listUsual: 50,
  pendingMax: 16,
  answerMs: 40_000,
} as const;

const ranks: ReadonlySet<string> = new Set(['S', 'A', 'B', 'LEGEND', 'RETIRED', 'unranked']);

/** Whoever can be asked: the tree, or nobody while it starts. */
export type Asked = Pick<System, 'ask'> | undefined;

export function explainPages(system: () => Asked): HttpRoutes {
  const desk = new ExplainDesk(system);
  const page =
    (workOf: (ask: HttpAsk) => ExplainWork | string) =>
    (ask: HttpAsk): HttpReply | Promise<HttpReply> => {
      const tooLong = [...Object.entries(ask.params), ...Object.entries(ask.query)].find(
        ([, text]) => text.length > defaults.charsMax,
      );
      const work =
        tooLong === undefined
          ? workOf(ask)
          : `${tooLong[0]}: expected at most ${defaults.charsMax} characters, found ${tooLong[1].length}`;
      return typeof work === 'string' ? jsonReply({ error: work }, 400) : desk.answer(work);
    };
  return new Map([
    ['/api/strategies', page(strategies)],
    ['/api/strategies/:wanted', page(({ params }) => ({ type: 'strategy', wanted: params['wanted'] ?? '' }))],
    ['/api/pairs', page(pairs)],
    ['/api/pairs/explain', page(pair)],
  ]);
}

function strategies({ query }: HttpAsk): ExplainWork | string {
  const rank = query['rank'] ?? '';
  if (rank !== '' && !ranks.has(rank))
    return `rank: expected one of ${[...ranks].join(', ')}, found ${JSON.stringify(rank)}`;
  const limit = limitOf(query);
  if (typeof limit === 'string') return limit;
  return { type: 'strategies', query: (query['query'] ?? '').trim(), rank, limit };
}

function pairs({ query }: HttpAsk): ExplainWork | string {
  const limit = limitOf(query);
  return typeof limit === 'string' ? limit : { type: 'pairs', query: (query['query'] ?? '').trim(), limit };
}

function pair({ query }: HttpAsk): ExplainWork | string {
  const [a, b] = [(query['a'] ?? '').trim(), (query['b'] ?? '').trim()];
  if (a === '')
    return 'a: expected the id of a pair, or with b the names or ids of two strategies; found nothing';
  return { type: 'pair', a, b: b === '' ? null : b };
}

/** @returns what is wrong with it */
function limitOf(query: HttpAsk['query']): number | string {
  const { listMax, listUsual } = defaults;
  const text = query['limit'] ?? String(listUsual);
  const limit = Number(text);
  return /^\d{1,6}$/.test(text) && limit >= 1 && limit <= listMax
    ? limit
    : `limit: expected 1 to ${listMax}, found ${JSON.stringify(text)}`;
}

/**
 * The same question, asked again while it is under way, waits for the same answer: so whoever was told that it takes too
 * long can ask again and loses nothing.
 */
class ExplainDesk {
  readonly #system: () => Asked;
  readonly #pending = new Map<string, Promise<HttpReply>>();

  constructor(system: () => Asked) {
    this.#system = system;
  }

  answer(work: ExplainWork): HttpReply | Promise<HttpReply> {
    const key = JSON.stringify(work);
    const underWay = this.#pending.get(key);
    if (underWay !== undefined) return underWay;
    const system = this.#system();
    if (system === undefined) return jsonReply({ error: 'the tree is starting', code: 'starting' }, 503);
    if (this.#pending.size >= defaults.pendingMax)
      return jsonReply(
        { error: `${defaults.pendingMax} questions are under way; ask again`, code: 'busy' },
        503,
      );
    const asked = ask(system, work).finally(() => this.#pending.delete(key));
    this.#pending.set(key, asked);
    return asked;
  }
}

async function ask(system: NonNullable<Asked>, request: ExplainWork): Promise<HttpReply> {
  const outcome = await system.ask(
    names.explainer,
    { type: 'work', request },
    { deadlineMs: defaults.answerMs },
  );
  if (!outcome.ok)
    return jsonReply(
      { error: `the explainer did not answer: ${outcome.reason.type}`, code: 'no_answer' },
      503,
    );
  const { value: answer } = outcome;
  if (!answer.ok) return jsonReply({ error: answer.message, code: answer.code }, 503);
  return replyTo(answer.value);
}

const statuses = { unknown: 404, ambiguous: 400, unusable: 400 } as const;

function replyTo(explained: Explained): HttpReply {
  if (explained.outcome === 'found') return { ...jsonReply(null), body: `${explained.json}\n` };
  const { outcome, message, near } = explained;
  return jsonReply({ error: message, code: outcome, near }, statuses[outcome]);
}
