import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type {
  HttpAsk,
  HttpChange,
  HttpChanges,
  HttpPort,
  HttpReply,
  HttpStreams,
} from '../../actors/operations/ports.js';
import { EventStream } from './http-events.js';
import { isLoopbackHost, refusesChange, refusesReading } from './http-access.js';
import type { Access, Refusal } from './http-access.js';

const loopback = '127.0.0.1';

/** Changes carry names and paths, never data; nobody needs long to ask. A change may have to wait for a commit. */
const limits = {
  bodyBytesMax: 64 * 1024,
  requestMs: 5_000,
  connectionMs: 15_000,
  answerMs: 2_000,
  changeMs: 10_000,
} as const;

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
} as const;

const late: HttpReply = {
  status: 503,
  contentType: 'application/json',
  body: '{"error":"the answer took too long"}\n',
};

const none: HttpChanges = new Map();
const noStreams: HttpStreams = new Map();

/** The HTTP server of this process: pages for whoever may look, changes for whoever has the token. */
export const httpServer: HttpPort = {
  async listen({ port, host = loopback, routes, streams = noStreams, changes = none, token }) {
    const access: Access = { isLoopback: isLoopbackHost(host), token };
    if (!access.isLoopback && token === undefined)
      throw Object.assign(new Error(`${host} is beyond loopback: that wants a token`), { code: 'EACCES' });
    const app = Fastify({
      logger: false,
      bodyLimit: limits.bodyBytesMax,
      requestTimeout: limits.requestMs,
      connectionTimeout: limits.connectionMs,
      keepAliveTimeout: limits.requestMs,
      forceCloseConnections: true,
    });
    takeOnlyJson(app);
    app.setErrorHandler(answerError);
    for (const [path, answer] of routes)
      app.get(path, { onRequest: guard(refusesReading, access) }, async (request, reply) =>
        send(reply, await within(limits.answerMs, () => answer(askOf(request)))),
      );
    const opened = [...streams].map(([path, from]) => {
      const stream = new EventStream(from);
      app.get(path, { onRequest: guard(refusesReading, access) }, (request, reply) => {
        if (stream.take(request, reply, headers)) return reply;
        return reply.code(503).headers(headers).send({ error: 'too many are listening already' });
      });
      return stream;
    });
    for (const [path, change] of changes)
      app.post(path, { onRequest: guard(refusesChange, access) }, async (request, reply) =>
        send(reply, await within(limits.changeMs, () => change(changeOf(request)))),
      );
    app.setNotFoundHandler({ preHandler: guard(refusesReading, access) }, (_request, reply) =>
      reply
        .code(404)
        .headers(headers)
        .send({ error: 'no such page', pages: [...routes.keys()] }),
    );
    const failed = new Promise<Error>((resolve) => app.server.once('error', resolve));
    const url = await app.listen({ host, port });
    return {
      url,
      failed,
      close: () => {
        for (const stream of opened) stream.close();
        return app.close();
      },
    };
  },
};

/** Runs before the body is read: who may not ask is not listened to. */
const guard =
  (refuses: (headers: FastifyRequest['headers'], access: Access) => Refusal | undefined, access: Access) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const refusal = refuses(request.headers, access);
    if (refusal === undefined) return undefined;
    const { status, error } = refusal;
    return reply
      .code(status)
      .headers({ ...headers, ...refusal.headers })
      .send({ error });
  };

/** An empty body is no body. Fastify would also take text, which a form of another site can send. */
function takeOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString().trim();
    try {
      done(null, text === '' ? null : JSON.parse(text));
    } catch {
      done(Object.assign(new Error('the body is not JSON'), { statusCode: 400 }), undefined);
    }
  });
}

/** Only what the client did wrong is told; what went wrong here is for the log. */
function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  const message =
    status < 500 && error instanceof Error ? error.message : 'something unexpected happened here';
  return reply.code(status).headers(headers).send({ error: message });
}

const statusOf = (error: unknown): number =>
  typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : 500;

const send = (reply: FastifyReply, { status, contentType, body }: HttpReply): FastifyReply =>
  reply.code(status).headers(headers).type(contentType).send(body);

const askOf = ({ params, query }: FastifyRequest): HttpAsk => ({
  params: texts(params),
  query: texts(query),
});

const changeOf = (request: FastifyRequest): HttpChange => ({
  ...askOf(request),
  body: request.body ?? null,
  by: `${request.headers['user-agent']?.slice(0, 100) ?? 'unnamed'} from ${request.ip}`,
});

function texts(values: unknown): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(values ?? {})) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') found[key] = first;
  }
  return found;
}

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
