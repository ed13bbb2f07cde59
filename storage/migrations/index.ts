import { coreSchema } from './core.js';
import { deadLettersSchema } from './dead-letters.js';
import type { SchemaOf } from './run.js';
import { tradesSchema } from './trades.js';

export type StoreKind = SchemaOf['kind'];

export const schemas: Readonly<Record<StoreKind, SchemaOf>> = {
  core: coreSchema,
  trades: tradesSchema,
  'dead-letters': deadLettersSchema,
};
