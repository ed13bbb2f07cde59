/** A file as it stands on disk now. */
export interface CandleFileState {
  readonly ok: true;
  /** Its one path, links resolved. */
  readonly realPath: string;
  readonly bytes: number;
  /** Differs whenever the content may have changed: made of size, times and inode. */
  readonly version: string;
}

export type CandleFileProblem = {
  readonly ok: false;
  readonly code: 'candles_missing' | 'candles_unreadable';
  readonly detail: string;
};

/**
 * What the engine asks of the disk. It blocks, so it belongs into a worker thread. An I/O error is a value; it never throws.
 */
export interface CandleFilePort {
  /** Resolves links of a folder; null when it does not exist. */
  realFolder(folder: string): string | null;
  inspect(path: string): CandleFileState | CandleFileProblem;
  read(realPath: string): { readonly ok: true; readonly bytes: Uint8Array } | CandleFileProblem;
}
