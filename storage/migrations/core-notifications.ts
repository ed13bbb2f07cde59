/** The outbox: what somebody should be told, as rows of the transaction that caused it. */
import type { Migration } from './run.js';

const sql = `
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  notification_id TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warn', 'page')),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  collapse_key TEXT,
  source_wall_ms INTEGER NOT NULL,
  created_wall_ms INTEGER NOT NULL,
  expires_wall_ms INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (
    state IN ('pending', 'delivered', 'dead_lettered', 'expired', 'collapsed')
  ),
  ended_wall_ms INTEGER,
  CHECK ((ended_wall_ms IS NULL) = (state = 'pending'))
) STRICT;
CREATE INDEX outbox_pending ON outbox (topic, seq) WHERE state = 'pending';
CREATE INDEX outbox_by_time ON outbox (created_wall_ms);
`;

export const notifications: Migration = { number: 2, name: 'outbox of notifications', sql };
