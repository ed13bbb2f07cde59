/** The dead-letters file: what could not be delivered, and counts of what retention has removed. */
import type { SchemaOf } from './run.js';

const first = `
CREATE TABLE letters (
  letter_id TEXT NOT NULL PRIMARY KEY,
  at_wall_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  recipient TEXT NOT NULL,
  sender TEXT,
  incarnation INTEGER,
  message_type TEXT NOT NULL,
  payload_version INTEGER NOT NULL,
  payload_json TEXT,
  payload_type TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  errors_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('kept', 'redriven', 'discarded')),
  redriven_wall_ms INTEGER
) STRICT;
CREATE INDEX letters_by_state ON letters (state, at_wall_ms, letter_id);
CREATE INDEX letters_by_reason ON letters (reason, state);

CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
`;

const second = `
CREATE TABLE redrives (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  letter_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  recipient TEXT NOT NULL,
  message_type TEXT NOT NULL,
  letter_wall_ms INTEGER NOT NULL,
  redriven_wall_ms INTEGER NOT NULL,
  redriven_by TEXT NOT NULL
) STRICT;
`;

const third = `
CREATE TABLE commit_count (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO commit_count (id, seq) VALUES (1, 0);
`;

export const deadLettersSchema: SchemaOf = {
  kind: 'dead-letters',
  applicationId: 0x48464401,
  migrations: [
    { number: 1, name: 'letters and counters', sql: first },
    { number: 2, name: 'who redrove what', sql: second },
    { number: 3, name: 'commit count', sql: third },
  ],
};
