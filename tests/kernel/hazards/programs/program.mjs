// Programs for process.test.ts, one for each name: node program.mjs <name>. They use what is published.
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { child, startTree, supervisor } from '../../../../dist/runtime/index.js';

const root = (...children) =>
  supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, children);

/** An actor whose messages are functions of its context. */
const runner = (id, more = {}) =>
  child({
    id,
    behavior: { init: () => null, handle: (state, run, ctx) => (run(ctx), state) },
    args: null,
    mailbox: { capacity: 100 },
    ...more,
  });

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const programs = {
  async 'start-fails'() {
    const throws = {
      init: () => {
        throw new Error('no start');
      },
      handle: (state) => state,
    };
    await startTree(root(runner('a'), runner('b', { behavior: throws }))).catch((error) => say(error.name));
  },

  async 'same-name-twice'() {
    await startTree(root(runner('a', { name: { name: 'n' } }), runner('b', { name: { name: 'n' } }))).catch(
      (error) => say(error.name),
    );
  },

  async volley() {
    const system = await startTree(root(runner('a'), runner('b')));
    const [a, b] = ['a', 'b'].map((id) => system.find(`root/${id}`));
    let volleys = 0;
    const to = (me, other) => (ctx) => {
      volleys++;
      ctx.tell(other, to(other, me));
    };
    const server = net
      .createServer((socket) => socket.on('error', () => undefined).pipe(socket))
      .listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = net.connect(server.address().port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    a.tell(to(a, b));
    const lateMs = [];
    const echoMs = [];
    const begun = performance.now();
    let sent = begun;
    socket.on('data', () => {
      echoMs.push(performance.now() - sent);
      sent = performance.now();
      socket.write('x');
    });
    socket.write('x');
    while (performance.now() - begun < 1_000) {
      const at = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
      lateMs.push(performance.now() - at - 5);
    }
    const median = (list) => list.sort((x, y) => x - y)[list.length >> 1];
    say({
      volleys,
      timers: lateMs.length,
      timerMs: median(lateMs),
      echoes: echoMs.length,
      echoMs: median(echoMs),
    });
    socket.destroy();
    server.close();
    await system.stop();
  },

  async 'rejects-unseen'() {
    const system = await startTree(root(runner('a')));
    system.find('root/a').tell(() => void Promise.reject(new Error('nobody awaited this')));
  },

  async 'stays-up'() {
    const before = process.listenerCount('SIGTERM');
    process.once('SIGTERM', () => void system.stop().then(({ ok }) => say({ ok })));
    const system = await startTree(root(runner('a')));
    say({ ours: process.listenerCount('SIGTERM') - before - 1 });
  },

  async stops() {
    const system = await startTree(root(runner('a')));
    const a = system.find('root/a');
    a.tell((ctx) => ctx.timer('t', 3_600_000, () => undefined));
    a.tell((ctx) => ctx.timerAtFixedRate('r', 1, () => undefined));
    const asked = system.ask(a, () => undefined, { deadlineMs: 3_600_000 });
    await system.stop();
    say({
      reason: (await asked).reason.type,
      resources: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout'),
    });
  },

  async 'dead-letters'() {
    const system = await startTree(root(runner('a', { restart: 'temporary' }), runner('b')));
    const a = system.find('root/a');
    a.tell((ctx) => ctx.stop());
    await system.quiescent();
    system.find('root/b').tell((ctx) => {
      for (let i = 0; i < 1_000; i++) ctx.tell(a, () => undefined);
    });
    await system.quiescent();
    await system.stop();
    say(system.deadLetterCounts().total);
  },

  async 'gives-up'() {
    const system = await startTree(root(runner('a')));
    system.find('root/a').tell(() => {
      throw new Error('once too often');
    });
    say(await system.exited);
  },
};

await programs[process.argv[2]]();
