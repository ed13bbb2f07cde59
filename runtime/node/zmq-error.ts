export type SocketErrorCode = 'port_in_use' | 'bad_endpoint' | 'not_permitted' | 'socket_failed';

/** A socket that could not be opened. `port_in_use` may pass when the other process leaves; the others stay. */
export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly retryable: boolean;

  constructor(
    readonly code: SocketErrorCode,
    readonly endpoint: string,
    what: string,
    cause: unknown,
  ) {
    super(what, { cause });
    this.retryable = code === 'port_in_use';
  }
}

/** @param verb what was attempted: bind or connect */
export function socketError(verb: 'bind' | 'connect', endpoint: string, cause: unknown): SocketError {
  const errno = errnoOf(cause);
  switch (errno) {
    case 'EADDRINUSE':
      return new SocketError('port_in_use', endpoint, `${endpoint} is in use by another process`, cause);
    case 'EACCES':
    case 'EPERM':
      return new SocketError('not_permitted', endpoint, `no permission to ${verb} ${endpoint}`, cause);
    case 'EINVAL':
    case 'EPROTONOSUPPORT':
    case 'ENODEV':
    case 'EADDRNOTAVAIL':
      return new SocketError(
        'bad_endpoint',
        endpoint,
        `cannot ${verb} ${endpoint}: expected an endpoint such as tcp://127.0.0.1:5580 (${errno})`,
        cause,
      );
    default:
      return new SocketError('socket_failed', endpoint, `cannot ${verb} ${endpoint} (${errno})`, cause);
  }
}

/** The errno's name of a system error, or the word `unknown`. */
export function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
