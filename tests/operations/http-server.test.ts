import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import type { HttpAsk, HttpChange, HttpReply, HttpServer } from '../../actors/operations/ports.js';
import { httpServer } from '../../runtime/node/http-server.js';

const token = 'c2VjcmV0LXRva2Vu';

let server: HttpServer;
let release: () => void = () => undefined;
const held = new Promise<void>((resolve) => (release = resolve));

beforeAll(async () => {
  const text = (body: string) => ({ status: 200, contentType: 'text/plain', body });
  server = await httpServer.listen({
    port: 0,
    routes: new Map<string, (ask: HttpAsk) => HttpReply | Promise<HttpReply>>([
      ['/', () => text('first page')],
      ['/slow', () => held.then(() => text('too late'))],
      ['/things/:id', ({ params, query }) => text(`${params['id']} ${query['of']}`)],
    ]),
    changes: new Map<string, (change: HttpChange) => HttpReply>([
      [
        '/change',
        ({ body, by }) => ({
          status: 202,
          contentType: 'application/json',
          body: JSON.stringify({ body, by }),
        }),
      ],
    ]),
    token,
  });
});

afterAll(async () => {
  release();
  await server.close();
});

function get(path: string, headers: Record<string, string> = {}, method = 'GET', sent = '') {
  return new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const asked = request(`${server.url}${path}`, { headers, method }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode, body }));
    });
    asked.on('error', reject);
    asked.end(sent);
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

describe('a change over HTTP', () => {
  const allowed = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const change = (headers: Record<string, string>, sent = '{"a":1}') => get('/change', headers, 'POST', sent);

  test('is made by whoever has the token, and is told who that was', async () => {
    const { status, body } = await change({ ...allowed, 'user-agent': 'tests/1' });
    expect(status).toBe(202);
    expect(JSON.parse(body)).toEqual({ body: { a: 1 }, by: 'tests/1 from 127.0.0.1' });
  });

  test.each<[string, Record<string, string>, number]>([
    ['without the token', { 'content-type': 'application/json' }, 401],
    ['with another token', { ...allowed, authorization: 'Bearer c2VjcmV0LXRva2Vv' }, 401],
    ['with a part of the token', { ...allowed, authorization: `Bearer ${token.slice(0, -1)}` }, 401],
    [
      'with a password that a browser has kept',
      { ...allowed, authorization: `Basic ${Buffer.from(`any:${token}`).toString('base64')}` },
      401,
    ],
    ['from the page of another site', { ...allowed, origin: 'http://evil.example' }, 403],
    ['from no site in particular, as a sandboxed frame says', { ...allowed, origin: 'null' }, 403],
    ['across sites, as the browser says', { ...allowed, 'sec-fetch-site': 'cross-site' }, 403],
    ['under a name of another host', { ...allowed, host: 'evil.example' }, 403],
    ['as a form sends it', { ...allowed, 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['as text', { ...allowed, 'content-type': 'text/plain' }, 415],
  ])('is refused %s', async (_what, headers, status) => {
    expect((await change(headers)).status).toBe(status);
  });

  test('is taken from our own page', async () => {
    const origin = { origin: server.url, 'sec-fetch-site': 'same-origin' };
    expect((await change({ ...allowed, ...origin })).status).toBe(202);
  });

  test('must be JSON, and small', async () => {
    expect((await change(allowed, '{')).status).toBe(400);
    expect((await change(allowed, `"${'x'.repeat(70_000)}"`)).status).toBe(413);
    expect(JSON.parse((await change(allowed, '')).body)).toMatchObject({ body: null });
  });

  test('is not made by looking', async () => {
    expect((await get('/change', allowed)).status).toBe(404);
  });
});

describe('beyond loopback', () => {
  const listen = (withToken: { readonly token?: string }) =>
    httpServer.listen({
      port: 0,
      host: '0.0.0.0',
      routes: new Map([['/', () => ({ status: 200, contentType: 'text/plain', body: 'page' })]]),
      ...withToken,
    });

  test('nothing is served without a token', async () => {
    await expect(listen({})).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('also looking wants it, as a bearer or as the password that a browser asks for', async () => {
    const wide = await listen({ token });
    const at = (authorization?: string) =>
      fetch(`http://127.0.0.1:${new URL(wide.url).port}/`, {
        headers: authorization === undefined ? {} : { authorization },
      }).then(({ status }) => status);
    const basic = (password: string) => `Basic ${Buffer.from(`:${password}`).toString('base64')}`;
    try {
      expect(await at()).toBe(401);
      expect(await at(basic('wrong'))).toBe(401);
      expect(await at(basic(token))).toBe(200);
      expect(await at(`Bearer ${token}`)).toBe(200);
    } finally {
      await wide.close();
    }
  });
});

test('the parts of a path and a query reach the page', async () => {
  expect((await get('/things/42?of=kinds')).body).toBe('42 kinds');
});
