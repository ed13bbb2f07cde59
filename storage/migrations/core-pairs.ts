/** Pairs: their definitions, every score, and what is active. */
import type { Migration } from './run.js';

const sql = '';

export const pairs: Migration = { number: 4, name: 'pairs', sql };
