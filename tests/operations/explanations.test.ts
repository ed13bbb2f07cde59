/** Why a strategy has its rank and why a pair is not active, as the page asks: over the routes, from a thread, of real files. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AskOutcome } from '../../actors/kernel/behavior.js';
import type { HttpAsk, HttpReply } from '../../actors/operations/ports.js';
import type { Explained } from '../../protocols/explanations.js';
import type { WorkerAnswer } from '../../protocols/workers.js';
import { startTree, supervisor } from '../../runtime/index.js';
import type { System } from '../../runtime/index.js';
import { explainer } from '../../runtime/node/explainer.js';
import type { StrategyStatus } from '../../runtime/pipeline/strategy-status.js';
import { defaults, explainPages } from '../../runtime/pipeline/explain-routes.js';
import type { Asked } from '../../runtime/pipeline/explain-routes.js';
import { Files, keep, refreshed, startOverlay } from '../pair-overlay/rig.js';
import { walk } from '../pair-overlay/walk.js';

let core = '';
let system: System;

const decidedBy = { gate: 'a_oos_sharpe', value: 0.1, threshold: 0.35, rule: 'at_least', passed: false };

beforeAll(async () => {
  const files = new Files();
  core = keep(files.core);
  files.add([
    { id: 's1', name: 'one', lists: [{ kind: 'backtest', trades: walk(1, 120) }] },
    { id: 's2', name: 'two', lists: [{ kind: 'backtest', trades: walk(2, 130) }] },
    { id: 's3', name: 'short', lists: [{ kind: 'backtest', trades: walk(3, 99) }] },
    { id: 's4', name: 'shadow', lists: [{ kind: 'backtest', trades: walk(1, 120, 0.3) }] },
    { id: 's6', name: 'Lowly_50%', rank: 'B', lists: [{ kind: 'backtest', trades: walk(6, 120) }] },
    { id: 's7', name: 'twin', rank: null, lists: [] },
    { id: 's8', name: 'twin', rank: null, lists: [] },
  ]);
  files.connection
    .prepare(
      `INSERT INTO rank_verdicts SELECT verdict_id, 's6', NULL, 'B', 'a_oos_sharpe_not_met', 'documented', 1, '{}', ?, 5
       FROM ranks WHERE strategy_id = 's6'`,
    )
    .run(JSON.stringify({ decidedBy, gates: [decidedBy] }));
  files.close();
  const overlay = await startOverlay(core);
  await refreshed(overlay);
  await overlay.stop();
  const entry = path.resolve('dist/runtime/node/explain-worker.js');
  system = await startTree(
    supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
      explainer({ file: core, entry }),
    ]),
  );
});

afterAll(async () => {
  await system.stop();
  rmSync(path.dirname(core), { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function get(
  page: string,
  { params = {}, query = {} }: Partial<HttpAsk> = {},
  of: () => Asked = () => system,
): Promise<Answer> {
  return read(explainPages(of).get(page)?.({ params, query }));
}

async function read(reply: HttpReply | Promise<HttpReply> | undefined): Promise<Answer> {
  const { status = 0, body = 'null' } = (await reply) ?? {};
  return { status, body: JSON.parse(body) as Record<string, unknown> };
}

const listed = async (query: Record<string, string>) => {
  const { body } = await get('/api/strategies', { query });
  return { ...body, names: (body['strategies'] as { name: string }[]).map(({ name }) => name) };
};

describe('the list of strategies', () => {
  test('has the best ranks first, and says how many there are beyond those that it lists', async () => {
    expect(await listed({})).toMatchObject({
      total: 7,
      names: ['one', 'shadow', 'short', 'two', 'Lowly_50%', 'twin', 'twin'],
    });
    expect(await listed({ limit: '2' })).toMatchObject({ total: 7, names: ['one', 'shadow'] });
  });

  test('is searched by a part of the name whatever its case, by an id, and by rank', async () => {
    expect(await listed({ query: 'sHo' })).toMatchObject({ total: 1, names: ['short'] });
    expect(await listed({ query: 's2' })).toMatchObject({ names: ['two'] });
    expect(await listed({ rank: 'unranked' })).toMatchObject({ total: 2, names: ['twin', 'twin'] });
    expect(await listed({ rank: 'A', query: 'o' })).toMatchObject({ total: 4 });
    expect(await listed({ rank: 'S' })).toMatchObject({ total: 0, names: [] });
  });

  test('takes what is sought as it stands: no wildcards', async () => {
    expect(await listed({ query: '_50%' })).toMatchObject({ names: ['Lowly_50%'] });
    expect(await listed({ query: 'l_w' })).toMatchObject({ total: 0 });
    expect(await listed({ query: '%' })).toMatchObject({ total: 1 });
    expect(await listed({ query: "' OR 1=1 --" })).toMatchObject({ total: 0 });
  });

  test('names the gate that decided, and the backtest of who was not judged', async () => {
    const found = await listed({ query: 'lowly' });
    expect(found).toMatchObject({
      strategies: [
        {
          rank: 'B',
          reason: 'a_oos_sharpe_not_met',
          decidedBy,
          decidedWallMs: 5,
          backtest: { state: 'succeeded' },
        },
      ],
    });
    expect(await listed({ query: 'twin', limit: '1' })).toMatchObject({
      strategies: [{ rank: null, reason: null, decidedBy: null, backtest: null }],
    });
  });
});

describe('one strategy', () => {
  test('is told with its gates and what was measured', async () => {
    const { status, body } = await get('/api/strategies/:wanted', { params: { wanted: 'Lowly_50%' } });
    const [found] = body['strategies'] as StrategyStatus[];
    expect([status, found?.verdict?.decidedBy]).toEqual([200, decidedBy]);
    expect(found?.requests[0]).toMatchObject({
      kind: 'backtest',
      backend: 'embedded',
      trades: 120,
      bars: null,
    });
  });

  test('of an unknown name has what may have been meant, and several of one name are all told', async () => {
    const unknown = await get('/api/strategies/:wanted', { params: { wanted: 'shorty' } });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'unknown' } });
    expect((unknown.body['near'] as string[])[0]).toBe('short');
    const twins = await get('/api/strategies/:wanted', { params: { wanted: 'twin' } });
    expect((twins.body['strategies'] as StrategyStatus[]).map(({ strategyId }) => strategyId)).toEqual([
      's7',
      's8',
    ]);
  });
});

describe('pairs', () => {
  interface Pair {
    readonly nameA: string;
    readonly nameB: string;
    readonly active: boolean;
    readonly shut: { readonly gate: string; readonly of: string | null } | null;
  }

  test('are listed with what keeps each from being active, the active one first', async () => {
    const { body } = await get('/api/pairs');
    const found = body['pairs'] as Pair[];
    expect(body).toMatchObject({ total: 6, active: 1, members: 4, ranks: ['A', 'S'], tradesMin: 100 });
    expect(found.map(({ active }) => active)).toEqual([true, false, false, false, false, false]);
    expect(found[0]?.shut).toBeNull();
    const shut = found.map((pair) => pair.shut?.gate);
    expect(shut.filter((gate) => gate === 'trades')).toHaveLength(3);
    expect(shut.filter((gate) => gate === 'correlation')).toHaveLength(1);
    expect(found.find((pair) => pair.shut?.gate === 'trades')?.shut?.of).toBe('short');
  });

  test('are listed by a leg, and the bound counts what it leaves out', async () => {
    const { body } = await get('/api/pairs', { query: { query: 'SHORT', limit: '1' } });
    expect(body).toMatchObject({ total: 3 });
    expect(body['pairs']).toHaveLength(1);
  });

  const explained = (query: Record<string, string>) => get('/api/pairs/explain', { query });

  test('are explained by names, by ids, and by the id of the pair, all the same', async () => {
    const byNames = await explained({ a: 'one', b: 'shadow' });
    expect(byNames).toMatchObject({ status: 200, body: { active: false, because: 'correlation' } });
    expect((await explained({ a: 's4', b: 's1' })).body['pairId']).toBe(byNames.body['pairId']);
    const [kept] = (await get('/api/pairs')).body['pairs'] as { pairId: string }[];
    expect((await explained({ a: kept?.pairId ?? '' })).body).toMatchObject({ active: true, because: null });
  });

  test('that cannot be are refused in words', async () => {
    expect(await explained({ a: 'one', b: 'on' })).toMatchObject({ status: 404, body: { code: 'unknown' } });
    expect(await explained({ a: 'one', b: 'one' })).toMatchObject({
      status: 400,
      body: { code: 'unusable' },
    });
    expect(await explained({ a: 'one', b: 'twin' })).toMatchObject({
      status: 400,
      body: { code: 'ambiguous', near: ['s7', 's8'] },
    });
    expect(await explained({ a: 'no-such-pair' })).toMatchObject({ status: 404 });
    expect(await explained({})).toMatchObject({ status: 400 });
  });
});

describe('the routes', () => {
  test('refuse what is too long, no rank, or no number, before anybody is asked', async () => {
    const nobody = (): Asked => {
      throw new Error('was asked');
    };
    const asked = async (query: Record<string, string>) => {
      const { status, body } = await get('/api/strategies', { query }, nobody);
      return `${status} ${String(body['error'])}`;
    };
    expect(await asked({ query: 'x'.repeat(301) })).toBe(
      '400 query: expected at most 300 characters, found 301',
    );
    expect(await asked({ rank: 'Z' })).toMatch(/^400 rank: expected one of S, A/);
    expect(await asked({ limit: '0' })).toMatch(/^400 limit: expected 1 to 200, found "0"/);
    expect(await asked({ limit: '1e2' })).toMatch(/^400 limit/);
    const long = await get('/api/strategies/:wanted', { params: { wanted: 'x'.repeat(301) } }, nobody);
    expect(long.status).toBe(400);
  });

  test('say 503 while the tree starts, and when the thread is lost or the files cannot be read', async () => {
    expect(await get('/api/pairs', {}, () => undefined)).toMatchObject({
      status: 503,
      body: { code: 'starting' },
    });
    const lost = held();
    const reply = get('/api/pairs', {}, () => lost.system);
    lost.answer({ ok: true, value: { ok: false, code: 'worker_died', message: 'gone', retryable: true } });
    expect(await reply).toEqual({ status: 503, body: { error: 'gone', code: 'worker_died' } });
    const entry = path.resolve('dist/runtime/node/explain-worker.js');
    const astray = await startTree(
      supervisor('root', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
        explainer({ file: `${core}.not-there`, entry }),
      ]),
    );
    expect(await get('/api/strategies', {}, () => astray)).toMatchObject({
      status: 503,
      body: { code: 'locked' },
    });
    expect((await get('/api/pairs', {}, () => astray)).status).toBe(503);
    expect(astray.tree().children[0]?.restarts).toBe(0);
    await astray.stop();
  });

  test('answer the same question once for all who ask it meanwhile, and refuse more than they can hold', async () => {
    const { system: slow, answer, asked } = held();
    const page = explainPages(() => slow).get('/api/strategies');
    const ask = (query: string) => read(page?.({ params: {}, query: { query } }));
    const waiting = Array.from({ length: defaults.pendingMax }, (_, index) => ask(`q${index}`));
    const again = ask('q3');
    expect(asked()).toBe(defaults.pendingMax);
    expect(await ask('one more')).toMatchObject({ status: 503, body: { code: 'busy' } });
    answer({ ok: true, value: { ok: true, value: { outcome: 'found', json: '{"total":0}' } } });
    for (const reply of [...waiting, again]) expect(await reply).toEqual({ status: 200, body: { total: 0 } });
    const later = ask('q3');
    expect(asked()).toBe(defaults.pendingMax + 1);
    answer({ ok: false, reason: { type: 'timeout' } });
    expect(await later).toMatchObject({ status: 503, body: { code: 'no_answer' } });
  });
});

/** Somebody who answers when told to. */
function held() {
  const waiting: ((outcome: AskOutcome<WorkerAnswer<Explained>>) => void)[] = [];
  let count = 0;
  const ask = () => {
    count += 1;
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    system: { ask } as unknown as Asked,
    asked: () => count,
    answer: (outcome: AskOutcome<WorkerAnswer<Explained>>) => {
      for (const tell of waiting.splice(0)) tell(outcome);
    },
  };
}
