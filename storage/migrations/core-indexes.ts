/**
 * Fewer indexes to keep up on the way of a request: an index by kind and state moved its entry at every step of it. What
 * has ended is entered once, when it ends; what is open is counted from what is queued and what is out.
 */
import type { Migration } from './run.js';

const sql = `
DROP INDEX requests_by_kind;
CREATE INDEX requests_ended ON requests (kind, state, terminal_wall_ms, submitted_wall_ms) WHERE terminal_wall_ms IS NOT NULL;

DROP INDEX requests_expiring;
CREATE INDEX requests_expiring ON requests (expires_wall_ms, kind, submitted_wall_ms) WHERE state = 'queued';

DROP INDEX attempts_open_by_boot;
`;

export const indexes: Migration = { number: 6, name: 'indexes that follow the life of a request', sql };
