import type { OosCoreMsg } from '../../protocols/db-oos.js';
import type { VerbTable } from './verb-table.js';

export const oosVerbs: VerbTable<OosCoreMsg> = {};
