/** A webhook of one's own on loopback, whose answers a test writes. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Post {
  readonly path: string;
  readonly atMs: number;
  /** Title of the first embed. */
  readonly title: string;
  readonly payload: unknown;
}

/** How a request is answered; `hang` never. */
export type Answer =
  | 'hang'
  | 'cut'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export const ok: Answer = { status: 204 };

export class WebhookServer {
  readonly posts: Post[] = [];
  #answer: (post: Post, count: number) => Answer = () => ok;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<WebhookServer> {
    const server = createServer((request, response) => void self.#serve(request, response));
    const self = new WebhookServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return self;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** @param answer told how often that path was posted to before */
  answerWith(answer: (post: Post, count: number) => Answer): void {
    this.#answer = answer;
  }

  at(path: string): readonly Post[] {
    return this.posts.filter((post) => post.path === path);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const payload = JSON.parse(text) as { embeds: [{ title: string }] };
    const post = {
      path: request.url ?? '',
      atMs: performance.now(),
      title: payload.embeds[0].title,
      payload,
    };
    const count = this.at(post.path).length;
    this.posts.push(post);
    const answer = this.#answer(post, count);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
