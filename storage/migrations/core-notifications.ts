/**
 * The outbox: what somebody should be told, as rows of the transaction that caused it, and what became of it. The partial
 * indexes keep what is looked for often (pending, open, unrouted) as small as the backlog.
 */
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
  lane TEXT,
  attempts_used INTEGER NOT NULL DEFAULT 0,
  due_wall_ms INTEGER NOT NULL DEFAULT 0,
  open_attempt TEXT,
  ended_wall_ms INTEGER,
  CHECK ((ended_wall_ms IS NULL) = (state = 'pending')),
  CHECK (open_attempt IS NULL OR (state = 'pending' AND lane IS NOT NULL))
) STRICT;
CREATE INDEX outbox_unrouted ON outbox (seq) WHERE state = 'pending' AND lane IS NULL;
CREATE INDEX outbox_waiting ON outbox (lane, seq, created_wall_ms) WHERE state = 'pending';
CREATE INDEX outbox_expiring ON outbox (expires_wall_ms) WHERE state = 'pending';
CREATE INDEX outbox_open ON outbox (lane) WHERE open_attempt IS NOT NULL;
CREATE INDEX outbox_collapsing ON outbox (collapse_key, seq) WHERE state = 'pending' AND collapse_key IS NOT NULL;
CREATE INDEX outbox_by_key ON outbox (collapse_key) WHERE collapse_key IS NOT NULL;
CREATE INDEX outbox_ended ON outbox (ended_wall_ms, lane, state, created_wall_ms) WHERE ended_wall_ms IS NOT NULL;

CREATE TABLE notification_attempts (
  attempt_id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL REFERENCES outbox (seq),
  number INTEGER NOT NULL,
  lane TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  started_wall_ms INTEGER NOT NULL,
  ended_wall_ms INTEGER,
  outcome TEXT CHECK (outcome IN ('delivered', 'retry', 'rate_limited', 'dead_lettered', 'abandoned')),
  http_status INTEGER,
  code TEXT,
  UNIQUE (seq, number),
  CHECK ((ended_wall_ms IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX notification_attempts_open ON notification_attempts (lane) WHERE ended_wall_ms IS NULL;
CREATE INDEX notification_attempts_by_end ON notification_attempts (ended_wall_ms, lane, outcome)
  WHERE ended_wall_ms IS NOT NULL;

CREATE TABLE notifier_lanes (
  lane TEXT NOT NULL PRIMARY KEY,
  boot_id TEXT NOT NULL,
  blocked_wall_ms INTEGER,
  until_wall_ms INTEGER,
  code TEXT NOT NULL,
  alarmed_wall_ms INTEGER NOT NULL,
  CHECK ((blocked_wall_ms IS NULL) = (until_wall_ms IS NULL))
) STRICT;
`;

export const notifications: Migration = { number: 2, name: 'outbox of notifications', sql };
