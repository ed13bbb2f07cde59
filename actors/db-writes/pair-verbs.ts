import type { PairCoreMsg } from '../../protocols/db-pairs.js';
import type { VerbTable } from './verb-table.js';

export const pairVerbs: VerbTable<PairCoreMsg> = {};
