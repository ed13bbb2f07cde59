import { userInfo } from 'node:os';
import { Agent, request } from 'undici';
import type { RunFile } from '../../protocols/operations.js';

/** A longer answer is not one of ours. */
const bytesMax = 32 * 1024 * 1024;

export interface LiveAnswer {
  readonly status: number;
  /** Null when it is not JSON. */
  readonly body: unknown;
}

export interface LiveAsk {
  readonly method: 'GET' | 'POST';
  /** Such as `/api/jobs`. */
  readonly path: string;
  readonly body?: unknown;
  readonly withinMs: number;
}

/** Asks the process of a run file, with its token. @returns null when it does not answer in time */
export async function askLive(
  { url, token }: Pick<RunFile, 'url' | 'token'>,
  { method, path, body, withinMs }: LiveAsk,
): Promise<LiveAnswer | null> {
  // A connection of its own, closed with the answer: a kept one would keep the asker alive.
  const dispatcher = new Agent({ maxResponseSize: bytesMax, connect: { timeout: withinMs } });
  try {
    const answer = await request(`${url}${path}`, {
      method,
      dispatcher,
      signal: AbortSignal.timeout(withinMs),
      headers: {
        authorization: `Bearer ${token}`,
        'user-agent': `holdfast (${userName()})`,
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: await answer.body.json().catch(() => null) };
  } catch {
    // Refused, silent or cut off: for who asks they are the same.
    return null;
  } finally {
    await dispatcher.destroy();
  }
}

/** Headers carry plain characters only. */
function userName(): string {
  try {
    return userInfo().username.replace(/[^\x21-\x7e]/g, '?');
  } catch {
    return 'unknown user';
  }
}
