/**
 * Why a pipeline or its job cannot go on, in the words of the command line's exit codes.
 *
 * `failed` nothing usable in the input; `input_missing` a file or folder that is not there; `dependency_missing` a part
 * of the installation; `root_gave_up` supervision was exhausted; `locked` another instance owns the files, or they
 * cannot be made; `disk` full, read-only or broken; `port_in_use`; `configuration` a value that cannot be used.
 */
export type PipelineFailureCode =
  | 'failed'
  | 'input_missing'
  | 'dependency_missing'
  | 'root_gave_up'
  | 'locked'
  | 'disk'
  | 'port_in_use'
  | 'configuration';

/** The message is one line: what was expected, what was found, what to do. */
export class PipelineFailure extends Error {
  override readonly name = 'PipelineFailure';
  readonly details: readonly string[];
  readonly retryable: boolean;
  constructor(
    readonly code: PipelineFailureCode,
    message: string,
    options?: {
      readonly cause?: unknown;
      /** What a person wants to know one by one, each on a line of its own. */
      readonly details?: readonly string[];
      /** Waiting helps: a process that stays up goes on by itself. */
      readonly retryable?: boolean;
    },
  ) {
    super(message, options);
    this.details = options?.details ?? [];
    this.retryable = options?.retryable ?? false;
  }
}
