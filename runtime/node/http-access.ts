/**
 * Who may ask for what. A page of another site runs in the same browser as ours: through a name of its own that points to
 * us (DNS rebinding), or with a form or a fetch that it sends here (CSRF). And a port is open to every user of the machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Access {
  /** True when we listen on loopback: then only names of loopback are answered to, and reading is free. */
  readonly isLoopback: boolean;
  /** Undefined when nothing may be changed at all. */
  readonly token: string | undefined;
}

/** What a refusal answers with; undefined lets the request through. */
export interface Refusal {
  readonly status: 401 | 403 | 405 | 415;
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

export const isLoopbackHost = (host: string): boolean => loopbackNames.has(host.toLowerCase());

/** Pages and figures: free on loopback; beyond it the token, as a bearer's or as the password that a browser asks for. */
export function refusesReading(
  headers: IncomingHttpHeaders,
  { isLoopback, token }: Access,
): Refusal | undefined {
  if (isLoopback) return isLoopbackHost(hostName(headers)) ? undefined : notByThisName;
  if (token !== undefined && (hasBearer(headers, token) || hasPassword(headers, token))) return undefined;
  return {
    status: 401,
    error: 'beyond loopback the token is wanted, as a bearer or as a password',
    headers: { 'www-authenticate': 'Basic realm="holdfast", charset="UTF-8"' },
  };
}

/**
 * Changes want the token in a header that no other site can make a browser send, so a browser's stored password is not
 * enough; and they want JSON, which no form can send.
 */
export function refusesChange(
  headers: IncomingHttpHeaders,
  { isLoopback, token }: Access,
): Refusal | undefined {
  if (isLoopback && !isLoopbackHost(hostName(headers))) return notByThisName;
  if (!isSameOrigin(headers)) return { status: 403, error: 'changes are not taken from another site' };
  if (token === undefined) return { status: 405, error: 'nothing can be changed here: there is no token' };
  if (!hasBearer(headers, token))
    return {
      status: 401,
      error: 'expected "Authorization: Bearer TOKEN"; the token is in FILE.run.json beside the database',
      headers: { 'www-authenticate': 'Bearer realm="holdfast"' },
    };
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, error: 'expected content-type application/json' };
  return undefined;
}

const notByThisName: Refusal = { status: 403, error: 'ask by 127.0.0.1' };

/** The name without its port; empty when none was sent. */
function hostName({ host = '' }: IncomingHttpHeaders): string {
  const bracketed = /^\[[^\]]*\]/.exec(host)?.[0];
  return bracketed ?? host.replace(/:\d*$/, '');
}

/** A browser says where a request comes from; other programs say nothing. */
function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

const hasBearer = ({ authorization = '' }: IncomingHttpHeaders, token: string): boolean => {
  const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  return given !== undefined && isSame(given, token);
};

function hasPassword({ authorization = '' }: IncomingHttpHeaders, token: string): boolean {
  const given = /^Basic +(\S+) *$/i.exec(authorization)?.[1];
  if (given === undefined) return false;
  const [, password] = /^[^:]*:(.*)$/su.exec(Buffer.from(given, 'base64').toString('utf8')) ?? [];
  return password !== undefined && isSame(password, token);
}

/** In a time that does not depend on what was given, nor on its length. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
