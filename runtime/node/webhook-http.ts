import { Agent, request } from 'undici';
import type { WebhookPort } from '../../actors/notifier/ports.js';
import type { Carried } from '../../protocols/notifier.js';
import { Redaction } from './webhook-redaction.js';

export interface WebhookLimits {
  /** From the first byte of the connection to the last one of the answer. */
  readonly timeoutMs: number;
  /** Of an answer; what is longer is taken as without a body. */
  readonly answerBytesMax: number;
}

export const limits: WebhookLimits = { timeoutMs: 10_000, answerBytesMax: 64 * 1_024 };

/** What says when to come again; nothing else of an answer's head is wanted. */
const headersWanted = [
  'retry-after',
  'date',
  'x-ratelimit-remaining',
  'x-ratelimit-reset-after',
  'x-ratelimit-scope',
  'x-ratelimit-global',
] as const;

/** Texts of an answer that are kept, and how much of them. */
const charsMax = 200;

/**
 * A webhook over HTTP. Its address is in here and nowhere else: what comes out has it blotted out, and what an error says
 * is reduced to its code, because messages of libraries and pages of servers repeat paths.
 *
 * @throws TypeError when the text is no http or https URL; the text is not in the message
 */
export function httpWebhook(address: string, given: Partial<WebhookLimits> = {}): WebhookPort {
  const { timeoutMs, answerBytesMax } = { ...limits, ...given };
  const url = parsed(address);
  const redaction = new Redaction(url);
  // An agent of its own: no lane waits for a connection of another.
  const agent = new Agent({
    connections: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  return {
    target: redaction.target,
    async post(json, signal): Promise<Carried> {
      const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        // undici's request follows no redirect unless it is told to.
        const answer = await request(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'holdfast' },
          body: json,
          dispatcher: agent,
          signal: within,
        });
        const text = await readBody(answer.body, answerBytesMax);
        return {
          type: 'answered',
          status: answer.statusCode,
          headers: headersOf(answer.headers, redaction),
          body: bodyOf(text, redaction),
        };
      } catch (error) {
        return unreached(error, signal, redaction.target);
      }
    },
  };
}

function parsed(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new TypeError('webhook: expected an http or https URL, found something else (hidden)');
}

/** Null when it is longer; the rest is not waited for. */
async function readBody(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  bytesMax: number,
): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > bytesMax) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  redaction: Redaction,
): Record<string, string> {
  return Object.fromEntries(
    headersWanted.flatMap((name) => {
      const value = headers[name];
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, redaction.of(first.slice(0, charsMax))]];
    }),
  );
}

/** Only what Discord's error object has; a page of a proxy is no JSON and gives nothing. */
function bodyOf(text: string | null, redaction: Redaction): Record<string, unknown> | null {
  if (text === null || text === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { message, code, retry_after, global } = value as Record<string, unknown>;
  return {
    ...(typeof message === 'string' ? { message: redaction.of(message).slice(0, charsMax) } : {}),
    ...(typeof code === 'number' ? { code } : {}),
    ...(typeof retry_after === 'number' ? { retry_after } : {}),
    ...(typeof global === 'boolean' ? { global } : {}),
  };
}

function unreached(error: unknown, signal: AbortSignal, target: string): Carried {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (signal.aborted)
    return { type: 'unreached', code: 'stopped', message: `${target}: cut off by our own end` };
  const isTimeout = name === 'TimeoutError' || (typeof code === 'string' && code.includes('TIMEOUT'));
  if (isTimeout) return { type: 'unreached', code: 'timeout', message: `${target} did not answer in time` };
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'unknown error';
  return { type: 'unreached', code: 'network', message: `${target}: ${known}` };
}
