/** What crosses between a worker and its driver. A worker says `ready` once, then answers each request once. */

export interface ToWorker {
  readonly type: 'work';
  /** Counted from 1 within one life of a worker. */
  readonly id: number;
  /** The same in all attempts of one request. */
  readonly key: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly request: unknown;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
    }
  | { readonly type: 'notice'; readonly notice: unknown };

type Fields = Readonly<Record<string, unknown>>;

/** Workers are not believed: their memory may be broken, or their code another version. @returns null for nonsense */
export function readFromWorker(said: unknown): FromWorker | null {
  if (typeof said !== 'object' || said === null) return null;
  const { type, id, ok, value, code, message, retryable, notice } = said as Fields;
  switch (type) {
    case 'ready':
      return { type };
    case 'notice':
      return { type, notice };
    case 'answer':
      if (typeof id !== 'number') return null;
      if (ok === true) return { type, id, ok, value };
      return ok === false &&
        typeof code === 'string' &&
        typeof message === 'string' &&
        typeof retryable === 'boolean'
        ? { type, id, ok, code, message, retryable }
        : null;
    default:
      return null;
  }
}
