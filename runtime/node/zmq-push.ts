import { Push } from 'zeromq';
import { attach, detach, type Attachment } from './zmq-attach.js';
import { errnoOf } from './zmq-error.js';
import { optionsOf, sendBytesMax, type SocketRole } from './zmq-options.js';

/**
 * What became of one frame. `sent`: it left for the socket's queue, which is no proof that anybody read it. `full`: the
 * queue is full or nobody is there; the frame is still the caller's, who tries again later. `too_large`: it will never go.
 */
export type Sent = 'sent' | 'full' | 'too_large' | 'closed';

/**
 * The sending end of a stream of frames: one sender, one frame at a time. It lives on a main thread.
 */
export class PushSocket {
  readonly #socket: Push;
  #sending = false;

  private constructor(
    socket: Push,
    /** With the real port, also when it was bound to `*`. */
    readonly endpoint: string,
  ) {
    this.#socket = socket;
  }

  /** @throws SocketError `port_in_use` | `bad_endpoint` | `not_permitted` | `socket_failed` */
  static async open(
    role: Extract<SocketRole, 'requests_out' | 'results_out'>,
    attachment: Attachment,
  ): Promise<PushSocket> {
    const socket = new Push(optionsOf(role));
    return new PushSocket(socket, await attach(socket, attachment));
  }

  /**
   * Hands one frame to the socket, or says at once why not.
   * @param bytes never to be touched again: libzmq reads the memory some time after this has resolved
   * @throws Error when it is called again before it has settled
   */
  async send(bytes: Uint8Array): Promise<Sent> {
    if (this.#sending) throw new Error(`${this.endpoint}: send was called while one is pending`);
    if (this.#socket.closed) return 'closed';
    if (bytes.byteLength > sendBytesMax) return 'too_large';
    this.#sending = true;
    try {
      await this.#socket.send(bytes);
      return 'sent';
    } catch (error) {
      if (this.#isClosed()) return 'closed';
      if (errnoOf(error) === 'EAGAIN') return 'full';
      throw error;
    } finally {
      this.#sending = false;
    }
  }

  #isClosed(): boolean {
    return this.#socket.closed;
  }

  /**
   * What has been sent goes on leaving for a while in the background.
   * @param options.force drops it instead
   */
  close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force && !this.#socket.closed) this.#socket.linger = 0;
    return detach(this.#socket);
  }
}
