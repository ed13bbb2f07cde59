/** The half hour that the page opens with, and how it is sent to whoever listens. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FactsSnapshot } from '../../protocols/operations.js';
import Fastify from 'fastify';
import { EventStream } from '../../runtime/node/http-events.js';
import { History } from '../../runtime/pipeline/history.js';

const loop = { p99: 1, max: 2 };

const facts = (asOfWallMs: number, ended: number, inFlight = 0): FactsSnapshot => {
  const requests = [
    { kind: 'backtest', state: 'succeeded', count: ended },
    { kind: 'backtest', state: 'queued', count: 1_000 - ended },
  ];
  const fact = (value: unknown) => ({ value, asOfWallMs, problem: null, stale: false });
  return {
    wallMs: asOfWallMs,
    facts: {
      counts: fact({ requests, latencies: [], ranks: [], deadLettersKept: 0 }),
      dispatch: fact({ inFlight }),
    },
  };
};

test('a rate is what ended between two countings, and stays until the next one', () => {
  const history = new History();
  const rates = [
    facts(1_000, 10),
    facts(1_000, 10),
    facts(3_000, 20, 4),
    facts(3_000, 20),
    facts(5_000, 20),
  ].map((snapshot, index) => history.add({ wallMs: index, facts: snapshot, loop, tree: null }).endedPerS);
  expect(rates).toEqual([null, null, 5, 5, 0]);
  expect(history.all[2]).toEqual({ wallMs: 2, endedPerS: 5, inFlight: 4, loopP99Ms: 1, waiting: null });
});

test('what retention removed, a clock that was set back and figures that nobody has are no rate', () => {
  const history = new History();
  const add = (snapshot: FactsSnapshot | null) =>
    history.add({ wallMs: 1, facts: snapshot, loop, tree: null }).endedPerS;
  expect([add(facts(1_000, 10)), add(facts(2_000, 5)), add(facts(1_500, 6))]).toEqual([null, null, null]);
  expect([add(facts(2_500, 8)), add(null), add(facts(3_500, 90))]).toEqual([2, null, null]);
});

test('no more samples are kept than it is for, the newest of all', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat()), (samplesMax, times) => {
      const history = new History(samplesMax);
      for (const wallMs of times) history.add({ wallMs, facts: null, loop, tree: null });
      expect(history.all.map(({ wallMs }) => wallMs)).toEqual(times.slice(-samplesMax));
    }),
  );
});

let close: (() => Promise<void>) | undefined;
afterEach(async () => {
  await close?.();
  close = undefined;
});

/** A server with one stream, and sockets that read it, or do not. */
async function served(stream: ConstructorParameters<typeof EventStream>[0], missedMax: number) {
  const events = new EventStream(stream, { clientsMax: 2, everyMs: 5, missedMax });
  const app = Fastify({ forceCloseConnections: true });
  app.get('/', (request, reply) => (events.take(request, reply, {}) ? reply : reply.code(503).send('full')));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sockets: Socket[] = [];
  close = async () => {
    for (const socket of sockets) socket.destroy();
    events.close();
    await app.close();
  };
  const listen = (): Socket => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    return socket;
  };
  return { events, listen };
}

/** Reads until it has come. */
const heard = (socket: Socket, what: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!what.test(text)) return;
      socket.off('data', take);
      resolve(text);
    };
    socket.on('data', take);
    socket.on('close', () => reject(new Error(`closed after: ${text.slice(0, 500)}`)));
  });

test('who comes is told first what was, then what is', async () => {
  let number = 0;
  const { listen } = await served(
    {
      read: () => Promise.resolve({ data: String(++number) }),
      greet: () => ({ event: 'history', data: '[1,2]' }),
    },
    15,
  );
  const text = await heard(listen(), /data: 2\n\n/);
  expect(text).toMatch(/event: history\ndata: \[1,2\]\n\n.*data: 1\n\n.*data: 2\n\n/s);
  expect(text.match(/event: /g)).toHaveLength(1);
});

test('who takes nothing is let go after so many events, and harms nobody who reads', async () => {
  const large = 'x'.repeat(1024 * 1024);
  let number = 0;
  const { events, listen } = await served(
    { read: () => Promise.resolve({ data: `${++number} ${large}` }) },
    20,
  );
  const deaf = listen();
  await new Promise((resolve) => deaf.once('connect', resolve));
  deaf.pause();
  const reader = listen();
  const before = number;
  await heard(reader, /data: /);
  const gone = async (): Promise<void> => {
    while (events.clients > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await gone();
  expect(number - before).toBeGreaterThan(3);
  // The reader is served on.
  const last = number;
  await new Promise<void>((resolve) => {
    reader.on('data', () => {
      if (number > last + 2) resolve();
    });
  });
  expect(events.clients).toBe(1);
});

test('a reading that fails is silence and no end', async () => {
  let number = 0;
  const { listen } = await served(
    {
      read: () => (++number < 3 ? Promise.reject(new Error('not now')) : Promise.resolve({ data: 'again' })),
    },
    15,
  );
  expect(await heard(listen(), /data: again/)).toMatch(/:\n\n.*data: again/s);
});
