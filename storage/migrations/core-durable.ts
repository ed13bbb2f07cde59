/**
 * What outlives the rows: keys of purged requests, sums of what retention removed, and lists that are still to be removed
 * from the trades file. And a count of commits, by which a log that lost its end is noticed.
 */
import type { Migration } from './run.js';

const sql = `
CREATE TABLE request_ledger (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  strategy_id TEXT NOT NULL,
  asked_hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'failed', 'dead_lettered', 'expired', 'cancelled')),
  failure_code TEXT,
  submitted_wall_ms INTEGER NOT NULL,
  terminal_wall_ms INTEGER NOT NULL,
  leases INTEGER NOT NULL,
  late INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_ledger_by_time ON request_ledger (terminal_wall_ms);

CREATE TABLE request_days (
  day INTEGER NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  requests INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  late INTEGER NOT NULL,
  PRIMARY KEY (day, kind, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE purged_attempts (
  attempt_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE removed_rows (
  what TEXT NOT NULL PRIMARY KEY,
  rows INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE commit_count (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO commit_count (id, seq) VALUES (1, 0);
`;

export const durable: Migration = { number: 5, name: 'ledger of requests, retention, commit count', sql };
