import type { Socket } from 'zeromq';
import { socketError } from './zmq-error.js';

/** Binding waits for peers at an address of ours; connecting looks for theirs. */
export type Attachment = { readonly bind: string } | { readonly connect: string };

/**
 * @returns the endpoint as it is now: a bound `tcp://127.0.0.1:*` has got its port
 * @throws SocketError; the socket is closed then
 */
export async function attach(socket: Socket, to: Attachment): Promise<string> {
  if ('bind' in to) {
    try {
      await socket.bind(to.bind);
    } catch (cause) {
      socket.close();
      throw socketError('bind', to.bind, cause);
    }
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

/** Gives the address back before closing: a closed socket frees its port only some time later. */
export async function detach(socket: Socket, to: Attachment, endpoint: string): Promise<void> {
  if ('bind' in to && !socket.closed) {
    try {
      await socket.unbind(endpoint);
    } catch {
      // The address goes with the socket, a little later.
    }
  }
  if (!socket.closed) socket.close();
}
