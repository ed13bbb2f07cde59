/**
 * Why a process ended, as its supervisor, links and monitors see it.
 *
 * `normal`, `shutdown` and `shutdown` with a detail are normal-like: a transient child that ends so is not restarted.
 * All others are abnormal, `killed` and `noproc` included. `kill` as a reason a process gives itself is ordinary;
 * only the signal `kill` cannot be trapped, and its victim ends `killed`.
 */
export type ExitReason =
  | { readonly kind: 'normal' }
  | { readonly kind: 'shutdown'; readonly detail?: unknown }
  | { readonly kind: 'kill' }
  | { readonly kind: 'killed' }
  | { readonly kind: 'noproc' }
  | { readonly kind: 'error'; readonly error: unknown };

export const normal: ExitReason = Object.freeze({ kind: 'normal' });
export const shutdown: ExitReason = Object.freeze({ kind: 'shutdown' });
export const kill: ExitReason = Object.freeze({ kind: 'kill' });
export const killed: ExitReason = Object.freeze({ kind: 'killed' });
export const noproc: ExitReason = Object.freeze({ kind: 'noproc' });

export const shutdownWith = (detail: unknown): ExitReason => ({ kind: 'shutdown', detail });
export const failed = (error: unknown): ExitReason => ({ kind: 'error', error });

/** Classifies by value, never by whether there was an exception. */
export const isNormalLike = (reason: ExitReason): boolean =>
  reason.kind === 'normal' || reason.kind === 'shutdown';

/** One line for logs: the kind, and what an error or a detail says of itself. */
export function describeReason(reason: ExitReason): string {
  switch (reason.kind) {
    case 'error':
      return `error: ${describeError(reason.error)}`;
    case 'shutdown':
      return reason.detail === undefined ? 'shutdown' : `shutdown: ${describeError(reason.detail)}`;
    default:
      return reason.kind;
  }
}

/** Never throws, whatever was thrown: a report that fails would hide the failure it reports. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    if (typeof error === 'string') return error;
    if (error === undefined || typeof error === 'function' || typeof error === 'symbol') return typeof error;
    return JSON.stringify(error, shorten);
  } catch {
    return 'something that cannot be shown';
  }
}

const shorten = (_key: string, value: unknown): unknown => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === 'bigint') return `${value}n`;
  return value;
};
