import type { RequestSocket, ResultSocket, Sockets } from '../../actors/backtest-dispatch/ports.js';
import { receiveBytesMax } from './zmq-options.js';
import { PullSocket } from './zmq-pull.js';
import { PushSocket } from './zmq-push.js';

/** The wire of a dispatcher: real sockets, with the options of docs/zeromq.md. */
export const zmqSockets: Sockets = {
  openResults: async (endpoint, { frameBytesMax }) =>
    resultSocket(
      // Room above the reader's own limit, so that a little too long is counted and not silently dropped.
      await PullSocket.open(
        'results_in',
        { bind: endpoint },
        { bytesMax: Math.max(2 * frameBytesMax, receiveBytesMax) },
      ),
    ),
  openRequests: async (endpoint) =>
    requestSocket(await PushSocket.open('requests_out', { connect: endpoint })),
};

const resultSocket = (socket: PullSocket): ResultSocket => ({
  endpoint: socket.endpoint,
  receive: async () => {
    const received = await socket.receive();
    switch (received.type) {
      case 'frame':
        return received.bytes;
      case 'nothing':
        return 'timeout';
      case 'malformed':
        // Goes on as one frame: whoever reads it finds it unreadable and keeps it, which dropping it here would not.
        return Buffer.concat(received.parts);
      case 'closed':
        throw new Error(`${socket.endpoint} is closed`);
    }
  },
  close: () => socket.close(),
});

const requestSocket = (socket: PushSocket): RequestSocket => ({
  send: async (frame) => {
    const sent = await socket.send(frame);
    if (sent === 'sent' || sent === 'full') return sent;
    throw new Error(`${socket.endpoint}: a frame of ${frame.byteLength} bytes could not be sent: ${sent}`);
  },
  close: () => socket.close(),
});
