/**
 * What can go wrong with a store and can be planned for. Weather crosses threads as `StorageErrorData`, a plain value;
 * `StorageError` is the same thing thrown where there is nobody yet to answer (opening a file, taking the lock).
 *
 * `busy` somebody else held the file longer than our patience; `disk_full` no space, nothing of the transaction stays;
 * `constraint` the data broke a rule of the schema; `read_only`, `cannot_open` permissions or paths; `corrupt` not a
 * sound SQLite file; `file_gone` it was deleted or replaced while we had it open; `io_error` the disk refused;
 * `locked_by_other` another process owns the files; `schema_newer` a later version wrote the file; `schema_older` an
 * earlier one did, and who only reads cannot bring it up to date; `queue_full` more waits than the bounds allow;
 * `closed` and `writer_died` the thread is gone, on purpose or not.
 */
export type StorageErrorCode =
  | 'busy'
  | 'disk_full'
  | 'constraint'
  | 'read_only'
  | 'corrupt'
  | 'io_error'
  | 'file_gone'
  | 'locked_by_other'
  | 'schema_newer'
  | 'schema_older'
  | 'cannot_open'
  | 'queue_full'
  | 'closed'
  | 'writer_died';

/** What befalls the file, not the piece of work: it befalls everybody who uses it. */
export const ofTheFile: ReadonlySet<StorageErrorCode> = new Set([
  'busy',
  'disk_full',
  'io_error',
  'corrupt',
  'read_only',
  'file_gone',
]);

export interface StorageErrorData {
  readonly code: StorageErrorCode;
  /** Whether the same call can succeed later without anybody changing it. */
  readonly retryable: boolean;
  readonly attempted: string;
  readonly message: string;
  /** SQLite's extended result code, when SQLite was what refused. */
  readonly sqliteCode?: string;
  /** The owner, for `locked_by_other`, when it could be read. */
  readonly holderPid?: number;
}

/** Waiting helps: the lock goes, space is freed, the disk is mounted again, the queue drains, the thread is replaced. */
const retryableCodes: ReadonlySet<StorageErrorCode> = new Set([
  'busy',
  'disk_full',
  'io_error',
  'read_only',
  'file_gone',
  'locked_by_other',
  'queue_full',
  'writer_died',
]);

export type StorageErrorExtras = Pick<StorageErrorData, 'sqliteCode' | 'holderPid'>;

export function storageErrorData(
  code: StorageErrorCode,
  attempted: string,
  message: string,
  extras: StorageErrorExtras = {},
): StorageErrorData {
  return { code, retryable: retryableCodes.has(code), attempted, message, ...extras };
}

/** A failure the caller can plan for; any other is left to crash. */
export class StorageError extends Error implements StorageErrorData {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly retryable: boolean;
  readonly attempted: string;
  readonly data: StorageErrorData;

  constructor(data: StorageErrorData, options?: { readonly cause?: unknown }) {
    super(`${data.attempted}: ${data.message} (${data.code})`, options);
    this.code = data.code;
    this.retryable = data.retryable;
    this.attempted = data.attempted;
    this.data = data;
  }
}

/** SQLite's extended codes begin with the primary code, so the first match decides; longer prefixes stand first. */
const byPrefix: readonly (readonly [string, StorageErrorCode])[] = [
  ['SQLITE_BUSY', 'busy'],
  ['SQLITE_LOCKED', 'busy'],
  ['SQLITE_PROTOCOL', 'busy'],
  ['SQLITE_FULL', 'disk_full'],
  // The wal-index could not grow: the same full disk, met in the shared-memory file.
  ['SQLITE_IOERR_SHMSIZE', 'disk_full'],
  ['SQLITE_IOERR_CORRUPTFS', 'corrupt'],
  ['SQLITE_IOERR', 'io_error'],
  ['SQLITE_READONLY_DBMOVED', 'file_gone'],
  ['SQLITE_READONLY', 'read_only'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
  ['SQLITE_CONSTRAINT', 'constraint'],
  ['SQLITE_CANTOPEN', 'cannot_open'],
  ['SQLITE_PERM', 'cannot_open'],
];

/** @returns our code for an SQLite result code; undefined means a bug (wrong SQL, misuse), which must be thrown on. */
export function codeOfSqlite(sqliteCode: string): StorageErrorCode | undefined {
  return byPrefix.find(([prefix]) => sqliteCode === prefix || sqliteCode.startsWith(`${prefix}_`))?.[1];
}

/** @returns undefined when `cause` is no weather of SQLite's. */
export function storageErrorFrom(cause: unknown, attempted: string): StorageErrorData | undefined {
  if (cause instanceof StorageError) return cause.data;
  // Not instanceof SqliteError: this file must not load the native module.
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  const { code: sqliteCode } = cause;
  const code = typeof sqliteCode === 'string' ? codeOfSqlite(sqliteCode) : undefined;
  if (typeof sqliteCode !== 'string' || code === undefined) return undefined;
  const message = 'message' in cause ? String(cause.message) : sqliteCode;
  return storageErrorData(code, attempted, message, { sqliteCode });
}

/** Runs `body`; weather comes out as a `StorageError`, anything else as it was. */
export function withStorageErrors<T>(attempted: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    const data = storageErrorFrom(cause, attempted);
    throw data === undefined || cause instanceof StorageError ? cause : new StorageError(data, { cause });
  }
}
