import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import type { HttpReply, HttpServer } from '../../actors/operations/ports.js';
import { httpServer } from '../../runtime/node/http-server.js';

let server: HttpServer;
let release: () => void = () => undefined;
const held = new Promise<void>((resolve) => (release = resolve));

beforeAll(async () => {
  const text = (body: string) => ({ status: 200, contentType: 'text/plain', body });
  server = await httpServer.listen({
    port: 0,
    routes: new Map<string, () => HttpReply | Promise<HttpReply>>([
      ['/', () => text('first page')],
      ['/slow', () => held.then(() => text('too late'))],
    ]),
  });
});

afterAll(async () => {
  release();
  await server.close();
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { headers, method }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the HTTP server', () => {
  test('listens on loopback and answers its routes', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await get('/')).toEqual({ status: 200, body: 'first page' });
  });

  test('answers 404 for anything else, also for other methods', async () => {
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/', {}, 'POST')).status).toBe(404);
  });

  test("refuses to answer under another host's name", async () => {
    expect((await get('/', { host: 'evil.example' })).status).toBe(403);
  });

  test('says that an answer takes too long instead of waiting with it', async () => {
    expect((await get('/slow')).status).toBe(503);
  });

  test('a second server on the same port is refused with the code of the system', async () => {
    const port = Number(new URL(server.url).port);
    await expect(httpServer.listen({ port, routes: new Map() })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
