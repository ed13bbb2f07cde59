import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { Pull, Push } from 'zeromq';
import {
  optionTable,
  optionTableText,
  optionsOf,
  receiveBytesMax,
  sendBytesMax,
} from '../../runtime/node/zmq-options.js';
import { PullSocket, type Received } from '../../runtime/node/zmq-pull.js';
import { PushSocket } from '../../runtime/node/zmq-push.js';

const open: { close(options?: { force: boolean }): Promise<void> }[] = [];
const kept = <S extends (typeof open)[number]>(socket: S): S => {
  open.push(socket);
  return socket;
};
afterEach(async () => {
  for (const socket of open.splice(0)) await socket.close({ force: true });
});

const anywhere = 'tcp://127.0.0.1:*';
const pull = async (endpoint = anywhere): Promise<PullSocket> =>
  kept(await PullSocket.open('results_in', { bind: endpoint }));
const push = async (endpoint: string): Promise<PushSocket> =>
  kept(await PushSocket.open('results_out', { connect: endpoint }));

async function frame(socket: PullSocket): Promise<string> {
  for (;;) {
    const received = await socket.receive();
    if (received.type === 'frame') return Buffer.from(received.bytes).toString();
    if (received.type !== 'nothing') return received.type;
  }
}

async function sendWhenRoom(socket: PushSocket, text: string): Promise<string> {
  for (;;) {
    const sent = await socket.send(Buffer.from(text));
    if (sent !== 'full') return sent;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('frames', () => {
  test('arrive in order, whichever side is bound', async () => {
    const reader = await pull();
    const writer = await push(reader.endpoint);
    for (const text of ['a', '', 'c']) expect(await sendWhenRoom(writer, text)).toBe('sent');
    expect([await frame(reader), await frame(reader), await frame(reader)]).toEqual(['a', '', 'c']);

    const bound = kept(await PushSocket.open('requests_out', { bind: anywhere }));
    const connected = kept(await PullSocket.open('requests_in', { connect: bound.endpoint }));
    expect(await sendWhenRoom(bound, 'x')).toBe('sent');
    expect(await frame(connected)).toBe('x');
  });

  test('a send without room is refused at once, and the frame stays with the sender', async () => {
    const nobody = await push('tcp://127.0.0.1:1');
    const waiting = optionsOf('results_out')['sendHighWaterMark'];
    const outcomes: string[] = [];
    for (let count = 0; count < 60; count++) outcomes.push(await nobody.send(Buffer.from('x')));
    expect(outcomes.filter((sent) => sent === 'sent')).toHaveLength(Number(waiting));
    expect(outcomes.slice(50)).toEqual(Array(10).fill('full'));
  });

  test('a request is not sent when nobody is there to take it', async () => {
    const writer = kept(await PushSocket.open('requests_out', { connect: 'tcp://127.0.0.1:1' }));
    expect(await writer.send(Buffer.from('x'))).toBe('full');
  });

  test('a frame over the limit never leaves, and the next one does', async () => {
    const reader = await pull();
    const writer = await push(reader.endpoint);
    expect(await writer.send(new Uint8Array(sendBytesMax + 1))).toBe('too_large');
    expect(await sendWhenRoom(writer, 'next')).toBe('sent');
    expect(await frame(reader)).toBe('next');
  });

  test('a foreign frame far over the limit is dropped by the receiver, which goes on', async () => {
    const reader = await pull();
    const foreign = new Push({ linger: 0 });
    foreign.connect(reader.endpoint);
    await foreign.send(new Uint8Array(receiveBytesMax + 1));
    const writer = await push(reader.endpoint);
    expect(await sendWhenRoom(writer, 'next')).toBe('sent');
    expect(await frame(reader)).toBe('next');
    foreign.close();
  });

  test('a message of several parts is told apart from a frame', async () => {
    const reader = await pull();
    const foreign = new Push({ linger: 0 });
    foreign.connect(reader.endpoint);
    await foreign.send(['a', 'b']);
    expect(await reader.receive()).toEqual({
      type: 'malformed',
      parts: [Buffer.from('a'), Buffer.from('b')],
    });
    foreign.close();
  });
});

describe('opening and closing', () => {
  test('a bound wildcard has its real port, and the port is free again once the socket is closed', async () => {
    const first = await pull();
    expect(first.endpoint).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    await first.close();
    const second = await pull(first.endpoint);
    expect(second.endpoint).toBe(first.endpoint);
  });

  test('a port in use is a coded error that names the endpoint', async () => {
    const first = await pull();
    await expect(pull(first.endpoint)).rejects.toMatchObject({
      name: 'SocketError',
      code: 'port_in_use',
      endpoint: first.endpoint,
      retryable: true,
    });
  });

  test('a port held by something that is no ZeroMQ socket is in use too', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(pull(endpoint)).rejects.toMatchObject({ code: 'port_in_use', endpoint });
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(['5580', 'tcp://127.0.0.1', 'tcp://127.0.0.1:notaport', 'carrier-pigeon://x:1'])(
    'the endpoint %s is refused with what was expected',
    async (endpoint) => {
      await expect(pull(endpoint)).rejects.toMatchObject({ code: 'bad_endpoint', endpoint });
      await expect(push(endpoint)).rejects.toMatchObject({ code: 'bad_endpoint', endpoint });
    },
  );

  test('closing ends a pending receive, and a closed socket takes and gives nothing', async () => {
    const reader = await pull();
    const pending = reader.receive();
    await reader.close();
    const ended: Received = { type: 'closed' };
    expect(await pending).toEqual(ended);
    expect(await reader.receive()).toEqual(ended);
    const writer = await push('tcp://127.0.0.1:1');
    await writer.close();
    expect(await writer.send(Buffer.from('x'))).toBe('closed');
    await writer.close();
  });

  test('a receive beside a pending one is a bug of the caller', async () => {
    const reader = await pull();
    const pending = reader.receive();
    await expect(reader.receive()).rejects.toThrow('while one is pending');
    await reader.close();
    await pending;
  });
});

describe('the table of options', () => {
  test('says what each socket has', () => {
    const sockets = {
      requests_out: Push,
      requests_in: Pull,
      results_out: Push,
      results_in: Pull,
    };
    for (const role of ['requests_out', 'requests_in', 'results_out', 'results_in'] as const) {
      const socket = new sockets[role](optionsOf(role));
      for (const { option, values } of optionTable) {
        if (values[role] === undefined) continue;
        expect({ role, option, value: Reflect.get(socket, option) as unknown }).toEqual({
          role,
          option,
          value: values[role],
        });
      }
      socket.close();
    }
  });

  test('is the one in the documentation', () => {
    // The formatter pads the columns.
    const documentation = readFileSync('docs/zeromq.md', 'utf8').replace(/ +/g, ' ').replace(/-{3,}/g, '---');
    expect(documentation).toContain(optionTableText());
  });
});
