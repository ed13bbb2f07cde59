import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { HttpPort, HttpReply } from '../../actors/operations/ports.js';

const loopback = '127.0.0.1';

/** Nothing that is asked here has a body, and nobody needs long to ask. */
const limits = { bodyBytesMax: 4_096, requestMs: 5_000, connectionMs: 15_000, answerMs: 2_000 } as const;

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
} as const;

const late: HttpReply = {
  status: 503,
  contentType: 'application/json',
  body: '{"error":"the answer took too long"}\n',
};

/** The HTTP server of this process: GET only, on loopback only. */
export const httpServer: HttpPort = {
  async listen({ port, routes }) {
    const app = Fastify({
      logger: false,
      bodyLimit: limits.bodyBytesMax,
      requestTimeout: limits.requestMs,
      connectionTimeout: limits.connectionMs,
      keepAliveTimeout: limits.requestMs,
      forceCloseConnections: true,
    });
    for (const [path, answer] of routes) addRoute(app, path, answer);
    app.setNotFoundHandler((_request, reply) =>
      reply.code(404).send({ error: 'no such page', pages: [...routes.keys()] }),
    );
    const failed = new Promise<Error>((resolve) => app.server.once('error', resolve));
    const url = await app.listen({ host: loopback, port });
    return { url, failed, close: () => app.close() };
  },
};

function addRoute(app: FastifyInstance, path: string, answer: () => HttpReply | Promise<HttpReply>): void {
  app.get(path, async (request, reply) => {
    // Another site's page may not look in through a name of its own that points to us.
    if (!isLoopbackName(request.hostname)) return reply.code(403).send({ error: 'ask by 127.0.0.1' });
    const { status, contentType, body } = await within(limits.answerMs, answer);
    return reply.code(status).headers(headers).type(contentType).send(body);
  });
}

const isLoopbackName = (name: string): boolean => ['127.0.0.1', 'localhost', '[::1]', '::1'].includes(name);

async function within(ms: number, answer: () => HttpReply | Promise<HttpReply>): Promise<HttpReply> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<HttpReply>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([answer(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
