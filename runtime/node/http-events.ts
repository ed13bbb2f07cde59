import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpEvent, HttpStream } from '../../actors/operations/ports.js';

/**
 * How many may listen at once, how often they hear something, and how many events in a row one may miss, because it has
 * not even taken the one before, until it is let go.
 */
export const defaults = { clientsMax: 16, everyMs: 1_000, missedMax: 15 } as const;

export interface EventStreamLimits {
  readonly clientsMax: number;
  readonly everyMs: number;
  readonly missedMax: number;
}

interface Client {
  readonly write: (text: string) => void;
  readonly isBehind: () => boolean;
  /** At once: what a client that does not read is still owed would keep its socket open for good. */
  readonly destroy: () => void;
  missed: number;
}

/**
 * One reading each second for all who listen, and none while nobody does. Each event is the whole state, so who is slow
 * misses the ones between and gets the newest: no client is owed more than one. Who takes nothing is let go; its browser
 * comes again by itself.
 */
export class EventStream {
  readonly #stream: HttpStream;
  readonly #limits: EventStreamLimits;
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  constructor(stream: HttpStream, limits: EventStreamLimits = defaults) {
    this.#stream = stream;
    this.#limits = limits;
  }

  /** @returns false when too many listen already */
  take(request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): boolean {
    if (this.#clients.size >= this.#limits.clientsMax) return false;
    reply.hijack();
    const { raw } = reply;
    raw.on('error', () => undefined);
    raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    // A browser that has lost us asks again after so long.
    raw.write('retry: 2000\n\n');
    if (this.#stream.greet !== undefined) raw.write(textOf(this.#stream.greet()));
    // Silence between two events is no reason to hang up.
    request.raw.socket.setTimeout(0);
    const client: Client = {
      write: (text) => void raw.write(text),
      isBehind: () => raw.writableLength > 0,
      destroy: () => raw.destroy(),
      missed: 0,
    };
    this.#clients.add(client);
    raw.on('close', () => this.#leave(client));
    this.#timer ??= setInterval(() => void this.#tick(), this.#limits.everyMs);
    void this.#tick();
    return true;
  }

  get clients(): number {
    return this.#clients.size;
  }

  close(): void {
    for (const client of this.#clients) client.destroy();
    this.#clients.clear();
    this.#rest();
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #tick(): Promise<void> {
    // A reading that takes long is no silence of ours.
    if (this.#reading) {
      this.#send(heartbeat);
      return;
    }
    this.#reading = true;
    try {
      this.#send(textOf(await this.#stream.read()));
    } catch {
      // What cannot be read now is read in a second; the page sees that no event came.
      this.#send(heartbeat);
    } finally {
      this.#reading = false;
    }
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      if (!client.isBehind()) {
        client.missed = 0;
        client.write(text);
      } else if (++client.missed > this.#limits.missedMax) client.destroy();
    }
  }
}

/** A comment: it keeps the connection, and tells nothing. */
const heartbeat = ':\n\n';

const textOf = ({ event, data }: HttpEvent): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`;
