import type { Ctx } from '../kernel/behavior.js';
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { failed } from '../../protocols/exit-reason.js';
import { operations } from '../../protocols/operations.js';
import type { HttpListen, HttpPort, HttpServer } from './ports.js';

/** Owns the HTTP server. A server that dies takes this actor with it, and the restart binds again. */
export interface HttpArgs extends HttpListen {
  readonly http: HttpPort;
}

interface Msg {
  readonly type: 'died';
  readonly error: unknown;
}

async function init({ http, ...listen }: HttpArgs, ctx: Ctx<Msg>): Promise<HttpServer> {
  ctx.trapExits(true);
  const server = await http.listen(listen);
  ctx.tell(operations.runFile, { type: 'serving', url: server.url });
  ctx.pipeToSelf(
    server.failed,
    (settled) => ({ type: 'died', error: settled.ok ? settled.value : settled.error }),
    { mayNeverEnd: true },
  );
  return server;
}

const handle = (server: HttpServer, message: Msg, ctx: Ctx<Msg>): HttpServer => {
  ctx.stop(failed(message.error));
  return server;
};

export const http = (args: HttpArgs): ChildSpec =>
  child<HttpServer, Msg, HttpArgs>({
    id: 'http',
    behavior: { init, handle, terminate: (server) => server.close() },
    args,
    restart: 'permanent',
    shutdownMs: 3_000,
    mailbox: { capacity: 16 },
  });
