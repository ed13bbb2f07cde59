import type { StoreKind } from '../migrations/index.js';

/** The database files of one pipeline. */
export interface StoreFiles {
  readonly core: string;
  readonly trades: string;
  readonly deadLetters: string;
}

/** In the order of their dependence: what core promises, trades holds already. */
export const storesOf = (
  files: StoreFiles,
): readonly { readonly kind: StoreKind; readonly file: string }[] => [
  { kind: 'core', file: files.core },
  { kind: 'trades', file: files.trades },
  { kind: 'dead-letters', file: files.deadLetters },
];
