/** Whatever comes over the socket, the process that is looked at goes on, and the next client is served. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { replLimits } from '../../protocols/repl.js';
import { replSocketPath } from '../../runtime/node/repl-path.js';
import { serveRepl } from '../../runtime/repl.js';
import { hello, openBench, worker } from './bench.js';
import type { Bench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench({ write: true });
});
afterEach(() => bench.close());

const isServed = async (): Promise<void> => {
  const client = await bench.client();
  expect(await client.request('tree', {})).toMatchObject({ leftOut: 0 });
  client.close();
};

describe('a client', () => {
  test('that sends garbage is told so, and dropped when it goes on', async () => {
    const raw = await bench.raw();
    raw.listen();
    raw.write('GET / HTTP/1.1\n');
    expect(await raw.heard(1)).toMatchObject([{ id: null, ok: false, code: 'bad_request' }]);
    for (let line = 0; line < replLimits.garbageMax; line++) raw.write('\u0000\u00ff{]\n');
    await raw.closed;
    expect(bench.server.counts()).toMatchObject({ dropped: 1 });
    await isServed();
  });

  test('that sends a line without end is dropped at the limit', async () => {
    const raw = await bench.raw();
    raw.listen();
    raw.write(Buffer.alloc(replLimits.requestBytesMax + 1, 0x61));
    await raw.closed;
    expect(bench.server.counts().dropped).toBe(1);
    await isServed();
  });

  test('that never reads is dropped once too much waits for it', async () => {
    const many = Array.from({ length: 500 }, (_unused, index) => worker(`${'w'.repeat(150)}${index}`));
    const large = await openBench({}, many);
    const raw = await large.raw();
    raw.send(hello);
    // Few enough not to be taken for a flood; their answers are what nobody reads.
    for (let id = 1; id <= replLimits.requestsPerSecond; id++) {
      raw.send({ id, verb: 'tree', args: {} });
      await new Promise((resolve) => setTimeout(resolve, 25));
      if (large.server.counts().dropped > 0) break;
    }
    expect(large.server.counts()).toMatchObject({ dropped: 1 });
    const client = await large.client();
    expect(await client.request('top', { limit: 1 })).toMatchObject({ places: 500 });
    await large.close();
  });

  test('that asks for one thing twice, too much at once, or too often, is refused', async () => {
    const raw = await bench.raw();
    raw.listen();
    raw.send({ id: 5, verb: 'tree', args: {} });
    expect(await raw.heard(1)).toMatchObject([{ id: 5, code: 'hello_first' }]);
    raw.send(hello);
    await raw.heard(2);
    for (let id = 10; id < 20; id++) raw.send({ id, verb: 'trace', args: { seconds: 600 } });
    const refusals = (await raw.heard(4)).slice(2);
    expect(refusals).toMatchObject([
      { id: 18, code: 'too_many' },
      { id: 19, code: 'too_many' },
    ]);
    raw.close();
    const flood = await bench.raw();
    flood.listen();
    flood.send(hello);
    for (let id = 1; id <= 10 * replLimits.requestsPerSecond; id++)
      flood.send({ id, verb: 'settings', args: {} });
    await flood.closed;
    expect(flood.frames.filter(({ code }) => code === 'too_many').length).toBeGreaterThan(0);
    await isServed();
  });

  test('beyond the most that are served is turned away, and let in when another has gone', async () => {
    const clients = [];
    for (let count = 0; count < replLimits.clientsMax; count++) clients.push(await bench.client());
    await expect(bench.client()).rejects.toThrow(/at most 8 sessions/);
    clients[0]?.close();
    await clients[0]?.ended;
    await isServed();
  });

  test('that goes in the middle of a trace leaves nothing behind', async () => {
    const client = await bench.client();
    const tracing = client.request('trace', { seconds: 600 });
    client.close();
    await expect(tracing).rejects.toMatchObject({ code: 'gone' });
    await isServed();
    while (bench.server.counts().clients > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test('cannot have code run: verbs and arguments that are not named are refused', async () => {
    const client = await bench.client({ write: true });
    for (const [verb, args] of [
      ['constructor', {}],
      ['__proto__', {}],
      ['toString', {}],
      ['tree', { path: 'root', extra: 1 }],
      ['tree', { limit: 1e9 }],
      ['mailbox', { path: '../../etc' }],
      ['trace', { seconds: -1 }],
      ['redrive', { rate: 0 }],
      ['set', { key: 'kernel.slowTurnMs' }],
    ] as const)
      await expect(client.request(verb, args)).rejects.toMatchObject({
        code: expect.stringMatching(/^(unknown_verb|bad_arguments|not_found)$/),
      });
  });
});

describe('the socket', () => {
  test('can be opened by its owner alone, is removed at the end, and replaces what a dead process left', async () => {
    expect(statSync(bench.socketPath).mode & 0o777).toBe(0o600);
    await bench.server.close();
    expect(existsSync(bench.socketPath)).toBe(false);
    const dead = `require('node:net').createServer().listen(${JSON.stringify(bench.socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', dead]);
    expect(statSync(bench.socketPath).isSocket()).toBe(true);
    const again = await serveRepl(bench.system, { socketPath: bench.socketPath, watchdog: false });
    await isServed();
    await again.close();
  });

  test('of a live process, and a file that is no socket, are left alone', async () => {
    const options = { socketPath: bench.socketPath, watchdog: false } as const;
    await expect(serveRepl(bench.system, options)).rejects.toThrow(/another process answers there/);
    await isServed();
    const file = `${bench.socketPath}.txt`;
    writeFileSync(file, 'mine');
    await expect(serveRepl(bench.system, { ...options, socketPath: file })).rejects.toThrow(/no socket/);
    expect(existsSync(file)).toBe(true);
  });

  test('of a core file with a long path lies in a folder of the user’s own', () => {
    expect(replSocketPath('data/core.db')).toBe(`${path.resolve('data/core.db')}.repl.sock`);
    const long = path.join(tmpdir(), 'x'.repeat(120), 'core.db');
    expect(path.dirname(replSocketPath(long))).toBe(
      path.join(tmpdir(), `holdfast-${process.getuid?.() ?? ''}`),
    );
    expect(replSocketPath(long)).not.toBe(replSocketPath(`${long}2`));
    expect(Buffer.byteLength(replSocketPath(long))).toBeLessThan(104);
  });

  test('with such a long path is served, and its folder belongs to nobody else', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), `holdfast-${'y'.repeat(100)}-`));
    const socketPath = replSocketPath(path.join(folder, 'core.db'));
    const server = await serveRepl(bench.system, { socketPath, watchdog: false });
    expect(statSync(path.dirname(socketPath)).mode & 0o777).toBe(0o700);
    await server.close();
    rmSync(folder, { recursive: true });
  });
});
