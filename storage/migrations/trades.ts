/** The trades file: bulk lists with a receipt each, apart from core so that bulk never stands before a small commit. */
import type { SchemaOf } from './run.js';

const first = `
CREATE TABLE trade_lists (
  list_id INTEGER PRIMARY KEY,
  attempt_id TEXT NOT NULL UNIQUE,
  request_id TEXT,
  count INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  received_wall_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX trade_lists_by_request ON trade_lists (request_id);

CREATE TABLE trades (
  list_id INTEGER NOT NULL REFERENCES trade_lists (list_id),
  seq INTEGER NOT NULL,
  exit_s INTEGER NOT NULL,
  pnl REAL NOT NULL,
  PRIMARY KEY (list_id, seq)
) STRICT, WITHOUT ROWID;
`;

const second = `
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

export const tradesSchema: SchemaOf = {
  kind: 'trades',
  applicationId: 0x48465401,
  migrations: [
    { number: 1, name: 'lists and trades', sql: first },
    { number: 2, name: 'retention, commit count', sql: second },
  ],
};
