import { asText, fields, readSexp } from '../sexp/index.js';

/**
 * What kept a backtest from having figures. `retryable` says whether the same request can come out differently:
 * weather is worth another attempt, data and parameters are not.
 */
const failures = {
  /** The indicator family is not one that the engine has. */
  unsupported_indicator: { retryable: false },
  /** A field that would change the figures and that the engine does not know. */
  unsupported_field: { retryable: false },
  /** Fewer bars than the indicator needs. */
  too_few_bars: { retryable: false },
  /** The candle file was read and refused. */
  bad_candles: { retryable: false },
  /** The file has no usable row. */
  empty_candles: { retryable: false },
  /** Neither a file nor inline candles were named, or no file fits. */
  no_candles: { retryable: false },
  /** The candle file is not there; it may be about to be written. */
  candles_missing: { retryable: true },
  /** The candle file is there and could not be read just now. */
  candles_unreadable: { retryable: true },
  /** The candle file lies outside the folders that the engine may read. */
  path_refused: { retryable: false },
  /** A period, distance or timeframe with which there is nothing to compute. */
  bad_parameters: { retryable: false },
  /** A figure came out infinite or undefined where it must be a number. */
  not_finite: { retryable: false },
  /** The engine's worker ended, or was ended after its time, while it computed. */
  worker_died: { retryable: true },
  engine_timeout: { retryable: true },
  /** The answer is longer than a frame may be; it would be so again. */
  answer_too_large: { retryable: false },
  /** The engine could not read the request. */
  bad_request: { retryable: false },
  /** The Service found no id in the request and answered to nobody. */
  missing_request_id: { retryable: false },
  /** The Service has no Guardian binary. */
  engine_missing: { retryable: true },
  /** Guardian ended while it was asked. */
  engine_died: { retryable: true },
  /** An answer without figures and without an error. */
  no_figures: { retryable: true },
  /** Any other complaint of an engine. */
  engine_error: { retryable: true },
} as const satisfies Record<string, { readonly retryable: boolean }>;

export type KnownFailureCode = keyof typeof failures;

const isKnown = (code: string): code is KnownFailureCode => Object.hasOwn(failures, code);

/** Whether another attempt may succeed; true for codes that are not ours, since attempts are bounded anyway. */
export function isRetryableFailure(code: string): boolean {
  return isKnown(code) ? failures[code].retryable : true;
}

const ofBackend: ReadonlySet<string> = new Set<KnownFailureCode>([
  'worker_died',
  'engine_timeout',
  'engine_missing',
  'engine_died',
  'no_figures',
]);

/** Whether the failure speaks of the backend's state and not of the request. */
export const isBackendFailure = (code: string): boolean => ofBackend.has(code);

/** What Swimmy's Service and Guardian say, first match wins. */
const foreignErrors: readonly (readonly [pattern: RegExp, code: KnownFailureCode])[] = [
  [/missing request_id/i, 'missing_request_id'],
  [/guardian binary missing/i, 'engine_missing'],
  [/empty output|broken pipe|errno 32/i, 'engine_died'],
  [/no candles provided/i, 'no_candles'],
  [/empty candles/i, 'empty_candles'],
  [/csv load error: no such file/i, 'candles_missing'],
  [/csv load error/i, 'bad_candles'],
  [/unknown variant/i, 'unsupported_indicator'],
  [/s-exp parse error|expected value at line/i, 'bad_request'],
];

const messageCharsMax = 2_000;

/**
 * The code and message of an error answer.
 *
 * @param error what the answer says; the Service quotes a whole Guardian line, which is opened here
 * @param code the answer's own `error_code`, which only our engine sends; any other shape of it is not a code
 */
export function classifyFailure(
  error: string,
  code: string | null,
): { readonly code: string; readonly message: string } {
  const message = quotedError(error) ?? error;
  return {
    code: code !== null && /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : foreignCode(message),
    message: message.length > messageCharsMax ? `${message.slice(0, messageCharsMax)}…` : message,
  };
}

function foreignCode(message: string): KnownFailureCode {
  return foreignErrors.find(([pattern]) => pattern.test(message))?.[1] ?? 'engine_error';
}

/** `((type . "ERROR") (error "text"))` inside a string: the text. */
function quotedError(error: string): string | null {
  if (!error.trimStart().startsWith('(')) return null;
  const reading = readSexp(error, { depthMax: 8, charsMax: 64 * 1024 });
  const found = reading.ok ? fields(reading.value) : null;
  const inner = found?.ok === true ? asText(found.fields.get('error')) : null;
  return inner?.ok === true ? inner.value : null;
}
