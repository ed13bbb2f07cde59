/** What out-of-sample validation decided, and by what. */
import type { Migration } from './run.js';

const sql = `
CREATE INDEX strategies_by_name ON strategies (name);
`;

export const oos: Migration = { number: 3, name: 'out-of-sample verdicts', sql };
