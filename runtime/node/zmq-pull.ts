import { Pull } from 'zeromq';
import { attach, detach, type Attachment } from './zmq-attach.js';
import { errnoOf } from './zmq-error.js';
import { optionsOf, receiveBytesMax, type SocketRole } from './zmq-options.js';

/**
 * What one look at the socket brought. `nothing`: none came within the receive timeout, look again. `malformed`: a
 * message of several parts, which no party of this wire sends. `closed`: the socket was closed, and nothing comes any more.
 */
export type Received =
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | { readonly type: 'nothing' }
  | { readonly type: 'malformed'; readonly parts: readonly Uint8Array[] }
  | { readonly type: 'closed' };

/**
 * The receiving end of a stream of frames. It lives on a main thread: a thread that is terminated with a pending
 * receive takes the whole process with it.
 */
export class PullSocket {
  readonly #socket: Pull;
  #receiving = false;

  private constructor(
    socket: Pull,
    /** With the real port, also when it was bound to `*`. */
    readonly endpoint: string,
  ) {
    this.#socket = socket;
  }

  /**
   * @param options.bytesMax a sender of anything longer loses its connection
   * @throws SocketError `port_in_use` | `bad_endpoint` | `not_permitted` | `socket_failed`
   */
  static async open(
    role: Extract<SocketRole, 'requests_in' | 'results_in'>,
    attachment: Attachment,
    { bytesMax = receiveBytesMax }: { readonly bytesMax?: number } = {},
  ): Promise<PullSocket> {
    const socket = new Pull({ ...optionsOf(role), maxMessageSize: bytesMax });
    return new PullSocket(socket, await attach(socket, attachment));
  }

  /**
   * The next frame; its bytes are the receiver's own.
   * @throws Error when it is called again before it has settled
   */
  async receive(): Promise<Received> {
    if (this.#receiving) throw new Error(`${this.endpoint}: receive was called while one is pending`);
    if (this.#socket.closed) return { type: 'closed' };
    this.#receiving = true;
    try {
      const parts = await this.#socket.receive();
      const [bytes] = parts;
      if (bytes === undefined || parts.length > 1) return { type: 'malformed', parts };
      return { type: 'frame', bytes };
    } catch (error) {
      // Read here, not before: closing is what ended the receive, if it was closed.
      if (this.#isClosed()) return { type: 'closed' };
      if (errnoOf(error) === 'EAGAIN') return { type: 'nothing' };
      throw error;
    } finally {
      this.#receiving = false;
    }
  }

  #isClosed(): boolean {
    return this.#socket.closed;
  }

  /** Frames that have not been received are gone; a pending receive ends with `closed`. */
  close(): Promise<void> {
    return detach(this.#socket);
  }
}
