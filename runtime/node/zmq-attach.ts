import type { Socket } from 'zeromq';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, socketError } from './zmq-error.js';

/** Binding waits for peers at an address of ours; connecting looks for theirs. */
export type Attachment = { readonly bind: string } | { readonly connect: string };

/**
 * @returns the endpoint as it is now: a bound `tcp://127.0.0.1:*` has got its port
 * @throws SocketError; the socket is closed then
 */
export async function attach(socket: Socket, to: Attachment): Promise<string> {
  if ('bind' in to) {
    await bind(socket, to.bind);
    return socket.lastEndpoint ?? to.bind;
  }
  try {
    socket.connect(to.connect);
  } catch (cause) {
    socket.close();
    throw socketError('connect', to.connect, cause);
  }
  return to.connect;
}

/** A socket of ours that was closed a moment ago may still hold the port: that long is waited for it. */
const reuse = { tries: 5, pauseMs: 20 };

async function bind(socket: Socket, endpoint: string): Promise<void> {
  for (let left = reuse.tries; ; left--) {
    try {
      await socket.bind(endpoint);
      return;
    } catch (cause) {
      if (errnoOf(cause) === 'EADDRINUSE' && left > 0) {
        await sleep(reuse.pauseMs);
        continue;
      }
      socket.close();
      throw socketError('bind', endpoint, cause);
    }
  }
}

/**
 * Closes only, and never unbinds: unbinding runs on another thread, and with a receive pending here the two meet in one
 * socket, which aborts the process (`pipe.cpp`, assertion failed). The port is free a few ms after the close.
 */
export function detach(socket: Socket): Promise<void> {
  if (!socket.closed) socket.close();
  return Promise.resolve();
}
