import type { FastifyReply, FastifyRequest } from 'fastify';

/** How many may listen at once, how often they hear something, and how far one may fall behind. */
export const defaults = { clientsMax: 16, everyMs: 1_000, behindBytesMax: 1_048_576 } as const;

interface Client {
  readonly write: (text: string) => void;
  readonly behindBytes: () => number;
  readonly end: () => void;
}

/**
 * One reading each second for all who listen, and none while nobody does. Who does not keep up is let go: its browser
 * comes again by itself.
 */
export class EventStream {
  readonly #read: () => Promise<string>;
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  constructor(read: () => Promise<string>) {
    this.#read = read;
  }

  /** @returns false when too many listen already */
  take(request: FastifyRequest, reply: FastifyReply, headers: Readonly<Record<string, string>>): boolean {
    if (this.#clients.size >= defaults.clientsMax) return false;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    // A browser that has lost us asks again after so long.
    raw.write('retry: 2000\n\n');
    // Silence between two events is no reason to hang up.
    request.raw.socket.setTimeout(0);
    const client: Client = {
      write: (text) => void raw.write(text),
      behindBytes: () => raw.writableLength,
      end: () => raw.end(),
    };
    this.#clients.add(client);
    raw.on('error', () => undefined);
    raw.on('close', () => this.#leave(client));
    this.#timer ??= setInterval(() => void this.#tick(), defaults.everyMs);
    void this.#tick();
    return true;
  }

  get clients(): number {
    return this.#clients.size;
  }

  close(): void {
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #tick(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const text = await this.#read();
      for (const client of this.#clients) {
        if (client.behindBytes() > defaults.behindBytesMax) client.end();
        else client.write(`data: ${text}\n\n`);
      }
    } catch {
      // What cannot be read now is read in a second; the page sees the silence.
    } finally {
      this.#reading = false;
    }
  }
}
