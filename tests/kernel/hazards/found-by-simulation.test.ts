/** Defects that random runs met first; each is told here by the shortest script that shows it. */
import { expect, test } from '@jest/globals';
import { kill, supervisor } from '../../../runtime/index.js';
import { boom, gate, lettersOf, scripted, step, world } from './scripted.js';

const trapping = (log: string[]) =>
  scripted(
    'a',
    { init: (ctx) => ctx.trapExits(true), terminate: () => void log.push('terminated') },
    { shutdownMs: 'infinity' },
  );

test('a child that traps exits is told to stop when the root is killed, however long it may take', async () => {
  const log: string[] = [];
  const { host, system } = await world([trapping(log)]);
  system.exit(system.root, kill);
  await host.settle();
  expect(log).toEqual(['terminated']);
  const stopped = system.stop();
  await host.settle();
  expect(await stopped).toMatchObject({ ok: true, orphans: [] });
});

test('a child that traps exits is told to stop when its supervisor is killed and the one above gives up over that', async () => {
  const log: string[] = [];
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [
    trapping(log),
  ]);
  const outer = supervisor('outer', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [inner]);
  const { host, ref, system, story } = await world([outer]);
  const busy = gate();
  ref('outer/inner/a').tell(step('wait', () => busy.promise));
  host.run();
  system.exit(ref('outer/inner'), kill);
  await host.settle();
  expect(log).toEqual([]);
  busy.open();
  await host.settle();
  expect(log).toEqual(['terminated']);
  expect(story('gave_up', 'restarting')).toEqual(['gave_up root/outer', 'restarting root/outer 0']);
  expect(system.find('root/outer/inner/a')?.alive).toBe(true);
});

test('siblings that wait for the restart of a child are down when that child is terminated instead', async () => {
  const failing = scripted('a', {}, { backoff: { delaysMs: [50] } });
  const { host, ref, system } = await world([failing, scripted('b')], {
    supervision: { strategy: 'rest_for_one' },
  });
  system.exit(ref('a'), kill);
  host.run();
  expect(ref('b').tell(step('waits'))).toBe('accepted');
  const terminated = system.terminateChild(system.root as never, 'a');
  await host.settle();
  expect(await terminated).toEqual({ ok: true, value: { ok: true } });
  expect(lettersOf(system)).toEqual(['stopped waits']);
  expect(system.inspect(ref('b'))?.status).toBe('down');
  expect(ref('b').tell(step('late'))).toBe('stopped');
});

test('the limit of a stop is off when who ordered it is killed meanwhile', async () => {
  const slow = gate();
  const stopping = scripted(
    'a',
    { init: (ctx) => ctx.trapExits(true), terminate: () => slow.promise },
    { shutdownMs: 60_000 },
  );
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [stopping]);
  const { host, ref, system } = await world([inner]);
  void system.terminateChild(ref('inner'), 'a');
  await host.settle();
  system.exit(ref('inner'), kill);
  await host.settle();
  slow.open();
  await host.settle();
  expect(system.inspect(ref('inner/a'))).toMatchObject({ status: 'running', incarnation: 2 });
  expect(system.census().timers).toBe(0);
});

test('a handler that is killed by what it does, and waits after that, is waited for before the next life begins', async () => {
  const slow = gate();
  const lives: number[] = [];
  const { host, ref, system } = await world([scripted('a', { init: (_ctx, life) => lives.push(life) })]);
  ref('a').tell(
    step('fatal', (ctx) => {
      system.exit(ctx.self, kill);
      return slow.promise;
    }),
  );
  await host.settle();
  expect(lettersOf(system)).toEqual(['crashed fatal']);
  expect(lives).toEqual([1]);
  slow.open();
  await host.settle();
  expect(lives).toEqual([1, 2]);
  expect(system.census()).toMatchObject({ asyncTurns: 0, orphans: 0 });
});

test('no life begins inside the turn in which the one before it died', async () => {
  const log: string[] = [];
  const dying = scripted('a', { init: (ctx, life) => (ctx.trapExits(true), log.push(`life ${life}`)) });
  const inner = supervisor('inner', { strategy: 'one_for_one', intensity: 1, periodMs: 1_000 }, [dying]);
  const { host, ref, system } = await world([inner]);
  const busy = gate();
  ref('inner/a').tell(step('wait', () => busy.promise));
  ref('inner/a').tell(
    step('fatal', (ctx) => {
      log.push('begins');
      system.exit(ctx.self, kill);
      log.push('ends');
    }),
  );
  host.run();
  // The supervisor waits to begin again until its child, which first has its mail to handle, is down.
  system.exit(ref('inner'), kill);
  host.run();
  busy.open();
  await host.settle();
  expect(log).toEqual(['life 1', 'begins', 'ends', 'life 2']);
});

test('a retry that a restart of the group has overtaken is off: one failed start is one restart, and one delay', async () => {
  const inits = [undefined, gate(), gate(), undefined];
  const { host, ref, system, story } = await world(
    [
      scripted('a'),
      scripted(
        'b',
        { init: (_ctx, life) => inits[life - 1]?.promise },
        { backoff: { delaysMs: [20] }, startMs: 60_000 },
      ),
    ],
    { supervision: { strategy: 'one_for_all' } },
  );
  ref('b').tell(boom());
  await host.advance(20);
  // The second life of b takes its time, and meanwhile its sibling dies.
  system.exit(ref('a'), kill);
  inits[1]?.break(new Error('second'));
  await host.settle();
  inits[2]?.break(new Error('third'));
  await host.settle();
  expect(story('restarting', 'start_failed')).toEqual([
    'restarting root/b 20',
    'start_failed root/b',
    'restarting root/a 0',
    'start_failed root/b',
    'restarting root/b 20',
  ]);
  await host.advance(20);
  expect(system.handle(ref('b'))).toMatchObject({ incarnation: 4, alive: true });
});
