import type { HttpPort, HttpServer } from '../../actors/operations/ports.js';

/**
 * A server that is started anew listens where it listened before, so that an open page finds it again. One that was left
 * behind, because its owner was killed, is closed first: it would keep the port from its successor.
 */
export function httpKeeper(http: HttpPort): HttpPort {
  let last: HttpServer | null = null;
  return {
    listen: async (options) => {
      const before = last;
      last = null;
      await before?.close();
      last = await again(http, options, before);
      return last;
    },
  };
}

type Listen = Parameters<HttpPort['listen']>[0];

async function again(http: HttpPort, options: Listen, before: HttpServer | null): Promise<HttpServer> {
  if (options.port !== 0 || before === null) return http.listen(options);
  try {
    return await http.listen({ ...options, port: Number(new URL(before.url).port) });
  } catch (error) {
    // Somebody else has it by now; any free port was asked for.
    const isTaken =
      typeof error === 'object' && error !== null && 'code' in error && error.code === 'EADDRINUSE';
    if (isTaken) return http.listen(options);
    throw error;
  }
}
