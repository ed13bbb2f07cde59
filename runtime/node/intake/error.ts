const codes = [
  'thread_died',
  'timeout',
  'closed',
  'busy',
  'input_missing',
  'input_unreadable',
  'input_too_large',
  'candles_refused',
  'file_changed',
  'folder_in_use',
  'disk_full',
  'not_writable',
  'io_failed',
] as const;

/**
 * Why a piece of intake work was not done. `thread_died`, `timeout`: the thread is gone, and there is another one to ask.
 * `busy`: too many wait. `input_missing`, `input_unreadable`, `input_too_large`: the named file. `candles_refused`,
 * `file_changed`: a file to cut is not, or no longer, the accepted one. `folder_in_use`: somebody else's files.
 * `disk_full`, `not_writable`, `io_failed`: the target.
 */
export type IntakeErrorCode = (typeof codes)[number];

export const intakeErrorCodes: ReadonlySet<string> = new Set(codes);

const retryableCodes: ReadonlySet<IntakeErrorCode> = new Set([
  'thread_died',
  'timeout',
  'busy',
  'disk_full',
  'io_failed',
]);

export class IntakeError extends Error {
  override readonly name = 'IntakeError';
  readonly code: IntakeErrorCode;

  constructor(code: IntakeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same again, later, may succeed. */
  get retryable(): boolean {
    return retryableCodes.has(this.code);
  }
}

const missing = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const forbidden = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT']);

/** @throws whatever has no code of the system: that is a bug of ours */
export function readError(file: string, cause: unknown): IntakeError {
  const code = systemCode(cause);
  return missing.has(code)
    ? new IntakeError('input_missing', `${file}: no such file (${code})`, { cause })
    : new IntakeError('input_unreadable', `${file} cannot be read (${code})`, { cause });
}

/** @throws whatever has no code of the system: that is a bug of ours */
export function writeError(file: string, cause: unknown): IntakeError {
  const code = systemCode(cause);
  if (full.has(code)) return new IntakeError('disk_full', `${file}: the disk is full (${code})`, { cause });
  const kind = forbidden.has(code) ? 'not_writable' : 'io_failed';
  return new IntakeError(kind, `${file} cannot be written (${code})`, { cause });
}

function systemCode(cause: unknown): string {
  const coded = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  if (!coded || !('syscall' in cause)) throw cause;
  return String(cause.code);
}
