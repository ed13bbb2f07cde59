import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { httpKeeper } from '../../runtime/node/http-keeper.js';
import { httpServer } from '../../runtime/node/http-server.js';

const routes = new Map([['/', () => ({ status: 200, contentType: 'text/plain', body: 'here' })]]);
const portOf = ({ url }: { readonly url: string }): number => Number(new URL(url).port);

test('a server that is started anew listens where it did before, also when its owner left the first one open', async () => {
  const keeper = httpKeeper(httpServer);
  const first = await keeper.listen({ port: 0, routes });
  const second = await keeper.listen({ port: 0, routes });
  expect(second.url).toBe(first.url);
  await second.close();
  const third = await keeper.listen({ port: 0, routes });
  expect(await (await fetch(third.url)).text()).toBe('here');
  expect(third.url).toBe(first.url);
  // A port that was asked for is that one.
  const fourth = await keeper.listen({ port: portOf(first), routes });
  expect(fourth.url).toBe(first.url);
  await fourth.close();
});

test('a port that somebody else has taken meanwhile is given up, unless it was asked for', async () => {
  const keeper = httpKeeper(httpServer);
  const first = await keeper.listen({ port: 0, routes });
  await first.close();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(portOf(first), '127.0.0.1', resolve));
  const second = await keeper.listen({ port: 0, routes });
  expect(second.url).not.toBe(first.url);
  await expect(keeper.listen({ port: portOf(first), routes })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await second.close();
  other.close();
});
