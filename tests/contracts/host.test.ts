/** What the kernel expects of the ground it stands on, held against the host of production and the one of simulations. */
import { describe, expect, test } from '@jest/globals';
import { kill, name, nactHost, normal, startTree } from '../../runtime/index.js';
import type { ChildSpec, Host, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { SimulationHost } from '../../runtime/testing/simulation-host.js';
import { act, crash, Diary, error, note, stopWith, worker } from '../kernel/harness/child.js';
import type { Order, WorkerRef } from '../kernel/harness/child.js';
import { Recording } from '../kernel/harness/lab.js';
import { dynamic, root, sup } from '../kernel/harness/trees.js';

let systems = 0;
const hosts: Readonly<Record<string, () => Host>> = {
  nact: () => nactHost(`contract-${++systems}`, nodeCapabilities),
  simulation: () => new SimulationHost(),
  'simulation in a seeded order': () => new SimulationHost({ seed: 7, order: 'seeded' }),
};

interface Bench {
  readonly system: System;
  readonly host: Host;
  readonly recording: Recording;
  at(path: string): WorkerRef;
}

async function start(makeHost: () => Host, spec: ChildSpec): Promise<Bench> {
  const host = makeHost();
  const recording = new Recording();
  const system = await startTree(spec, { host, subscribers: [recording.subscriber] });
  return { system, host, recording, at: (path) => system.find(`root/${path}`) as never };
}

/** Resolves when a line has been recorded, whatever time the host lives in. */
async function until(bench: Bench, line: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (bench.recording.lines.includes(line)) resolve();
    };
    bench.system.trace(look);
    look();
  });
}

describe.each(Object.entries(hosts))('on the %s host', (_name, makeHost) => {
  test('a tree starts in order, runs, and stops in reverse with nothing left', async () => {
    const bench = await start(makeHost, root([worker('a'), sup('s', [worker('b')]), worker('c')]));
    expect(bench.recording.take()).toEqual([
      'start a#1',
      'start b#1',
      'start s#1',
      'start c#1',
      'start root#1',
    ]);
    expect(await bench.system.ask(bench.at('s/b'), { type: 'get' }, { deadlineMs: 1_000 })).toEqual({
      ok: true,
      value: 'root/s/b#1',
    });
    expect(await bench.system.stop()).toMatchObject({ ok: true, orphans: [] });
    expect(bench.recording.take()).toEqual([
      'exit c#1 shutdown',
      'exit b#1 shutdown',
      'exit s#1 shutdown',
      'exit a#1 shutdown',
      'exit root#1 shutdown',
    ]);
    expect(bench.system.census()).toMatchObject({ processes: 0, names: 0, timers: 0, asks: 0 });
  });

  test('messages told from outside arrive in order, however many wake-ups they take', async () => {
    const diary = new Diary();
    const bench = await start(makeHost, root([worker('a', { diary, mailbox: { capacity: 10_000 } })]));
    for (let at = 0; at < 5_000; at++) bench.at('a').tell(note(String(at)));
    await bench.system.quiescent();
    expect(diary.lines).toEqual(Array.from({ length: 5_000 }, (_, at) => String(at)));
    await bench.system.stop();
  });

  test('B1, D2, F1: a group restart whose start fails once goes through again in full', async () => {
    const bench = await start(
      makeHost,
      root([worker('a'), worker('b', { starts: ['ok', 'fail', 'ok'] }), worker('c')], {
        strategy: 'one_for_all',
      }),
    );
    bench.recording.take();
    bench.at('c').tell(crash);
    await bench.system.quiescent();
    expect(bench.recording.take()).toEqual([
      'exit c#1 error',
      'exit b#1 shutdown',
      'exit a#1 shutdown',
      'start a#2',
      'fail b#2',
      'exit a#2 shutdown',
      'start a#3',
      'start b#3',
      'start c#2',
    ]);
    await bench.system.stop();
  });

  test('E5, J1: giving up ends the subtree and its parent starts it anew', async () => {
    const bench = await start(makeHost, root([sup('s', [worker('a'), worker('b')], { intensity: 0 })]));
    bench.recording.take();
    bench.at('s/a').tell(crash);
    await bench.system.quiescent();
    expect(bench.recording.take()).toEqual([
      'exit a#1 error',
      'exit b#1 shutdown',
      'exit s#1 shutdown',
      'start a#2',
      'start b#2',
      'start s#2',
    ]);
    await bench.system.stop();
  });

  test('G: children come, go, are listed, and their ids can be used again', async () => {
    const bench = await start(makeHost, root([worker('a')]));
    const top = bench.system.root as never;
    for (let round = 0; round < 3; round++) {
      expect(await bench.system.startChild(top, worker('n'))).toMatchObject({ value: { ok: true } });
      expect(await bench.system.terminateChild(top, 'n')).toMatchObject({ value: { ok: true } });
      expect(await bench.system.deleteChild(top, 'n')).toMatchObject({ value: { ok: true } });
    }
    expect(await bench.system.countChildren(top)).toMatchObject({ value: { specs: 1 } });
    await bench.system.stop();
  });

  test('H: dynamic children with generated names', async () => {
    const bench = await start(makeHost, root([dynamic('d', () => worker('x', { restart: 'temporary' }))]));
    for (let child = 0; child < 50; child++)
      await bench.system.startDynamicChild(bench.at('d') as never, undefined);
    bench.system.exit(bench.at('d/~7'), kill);
    await bench.system.quiescent();
    expect(await bench.system.countChildren(bench.at('d') as never)).toMatchObject({ value: { active: 49 } });
    await bench.system.stop();
  });

  test('K, L, N: links, monitors and names', async () => {
    const here = name<Order>('here');
    const diary = new Diary();
    const bench = await start(
      makeHost,
      root([
        worker('a', { restart: 'temporary', starts: [(ctx) => (ctx.register(here), 'ok')] }),
        worker('b', { restart: 'temporary' }),
        worker('w', { trap: true, diary }),
      ]),
    );
    bench.at('b').tell(act((ctx) => ctx.link(bench.at('a'))));
    bench.at('w').tell(
      act((ctx) => {
        ctx.link(bench.at('b'));
        ctx.monitor(here);
      }),
    );
    await bench.system.quiescent();
    bench.at('a').tell(stopWith(error));
    await bench.system.quiescent();
    expect(diary.take().sort()).toEqual(['down error', 'exit error']);
    expect(bench.system.whereis(here)).toBeUndefined();
    await bench.system.stop();
  });

  test('async handlers, starts and hooks: one turn at a time, and the next only when the last has ended', async () => {
    const diary = new Diary();
    const slowly = (): Promise<'ok'> => Promise.resolve().then(() => 'ok');
    const bench = await start(
      makeHost,
      root([
        worker('a', {
          trap: true,
          diary,
          starts: [slowly],
          onTerminate: () => slowly().then(() => undefined),
        }),
      ]),
    );
    bench.at('a').tell(
      act(async () => {
        await slowly();
        diary.lines.push('first');
      }),
    );
    bench.at('a').tell(note('second'));
    await bench.system.quiescent();
    await bench.system.stop();
    expect(diary.lines).toEqual(['first', 'second', 'terminate shutdown']);
  });

  test('an exception of a handler, an init or a hook reaches the supervisor and nobody else', async () => {
    const bench = await start(
      makeHost,
      root([
        worker('a', {
          onTerminate: () => {
            throw new Error('hook');
          },
        }),
        worker('b', { starts: ['ok', 'fail', 'ok'] }),
      ]),
    );
    bench.at('a').tell(stopWith(normal));
    bench.at('b').tell(crash);
    await until(bench, 'start b#3');
    await bench.system.quiescent();
    expect(bench.recording.of('kernel_error')).toEqual([]);
    expect(bench.recording.lines).toContain('start a#2');
    await bench.system.stop();
  });

  test('two systems beside each other do not know of each other', async () => {
    const [one, two] = await Promise.all([
      start(makeHost, root([worker('a')])),
      start(makeHost, root([worker('a')])),
    ]);
    await one.system.stop();
    expect(await two.system.ask(two.at('a'), { type: 'get' }, { deadlineMs: 1_000 })).toMatchObject({
      ok: true,
    });
    await two.system.stop();
  });
});
