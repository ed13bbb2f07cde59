/**
 * The core file. Times are wall-clock ms since the epoch, `_s` are Unix seconds; unknown is NULL. Partial indexes keep
 * what the hot paths look for (queued, open) as small as the backlog, however long the history grows. No index begins
 * with `state`: without statistics SQLite would prefer it to the partial ones, and sort the backlog at each lease.
 */
import { durable } from './core-durable.js';
import { indexes } from './core-indexes.js';
import { notifications } from './core-notifications.js';
import { oos } from './core-oos.js';
import { pairs } from './core-pairs.js';
import type { SchemaOf } from './run.js';

const first = `
CREATE TABLE boots (
  boot_id TEXT NOT NULL PRIMARY KEY,
  started_wall_ms INTEGER NOT NULL,
  pid INTEGER NOT NULL
) STRICT;

CREATE TABLE strategies (
  strategy_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  symbol TEXT,
  timeframe_minutes INTEGER,
  indicator_type TEXT,
  logic_json TEXT NOT NULL,
  claimed_rank TEXT,
  environment TEXT NOT NULL CHECK (environment IN ('production', 'test')),
  approximated INTEGER NOT NULL CHECK (approximated IN (0, 1)),
  approximations_json TEXT,
  source TEXT NOT NULL,
  foreign_hash TEXT,
  imported_wall_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE strategy_records (
  record_id TEXT NOT NULL PRIMARY KEY,
  strategy_id TEXT REFERENCES strategies (strategy_id),
  name TEXT,
  source TEXT NOT NULL,
  disposition TEXT NOT NULL CHECK (disposition IN ('imported', 'attached', 'quarantined')),
  anomalies_json TEXT,
  imported_wall_ms INTEGER NOT NULL,
  CHECK ((disposition = 'quarantined') = (strategy_id IS NULL))
) STRICT;
CREATE INDEX strategy_records_by_strategy ON strategy_records (strategy_id);

CREATE TABLE candle_files (
  file_id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  symbol TEXT,
  timeframe_minutes INTEGER,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'refused')),
  reason TEXT,
  message TEXT,
  row INTEGER,
  rows INTEGER,
  first_s INTEGER,
  last_s INTEGER,
  step_s INTEGER,
  warnings_json TEXT,
  checked_wall_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE candle_windows (
  window_id TEXT NOT NULL PRIMARY KEY,
  source_file_id TEXT NOT NULL REFERENCES candle_files (file_id),
  kind TEXT NOT NULL CHECK (kind IN ('in_sample', 'oos')),
  symbol TEXT NOT NULL,
  step_s INTEGER NOT NULL,
  first_s INTEGER NOT NULL,
  last_s INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  path TEXT NOT NULL
) STRICT;
CREATE INDEX candle_windows_by_file ON candle_windows (source_file_id);

CREATE TABLE requests (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL UNIQUE,
  idempotency_key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('backtest', 'oos', 'qualification', 'cpcv')),
  strategy_id TEXT NOT NULL REFERENCES strategies (strategy_id),
  window_id TEXT REFERENCES candle_windows (window_id),
  priority INTEGER NOT NULL,
  payload_version INTEGER NOT NULL,
  payload_json TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN ('queued', 'leased', 'succeeded', 'failed', 'dead_lettered', 'expired', 'cancelled')
  ),
  attempts_used INTEGER NOT NULL DEFAULT 0,
  attempts_max INTEGER NOT NULL CHECK (attempts_max > 0),
  leases INTEGER NOT NULL DEFAULT 0,
  rescues INTEGER NOT NULL DEFAULT 0,
  due_wall_ms INTEGER NOT NULL,
  submitted_wall_ms INTEGER NOT NULL,
  expires_wall_ms INTEGER NOT NULL,
  terminal_wall_ms INTEGER,
  failure_code TEXT,
  failure_message TEXT,
  accepted_attempt_id TEXT,
  CHECK ((terminal_wall_ms IS NULL) = (state IN ('queued', 'leased'))),
  CHECK ((accepted_attempt_id IS NOT NULL) = (state = 'succeeded'))
) STRICT;
CREATE INDEX requests_ready ON requests (priority, due_wall_ms, seq) WHERE state = 'queued';
CREATE INDEX requests_due ON requests (due_wall_ms) WHERE state = 'queued';
CREATE INDEX requests_expiring ON requests (expires_wall_ms) WHERE state = 'queued';
CREATE INDEX requests_by_kind ON requests (kind, state, terminal_wall_ms, submitted_wall_ms);
CREATE INDEX requests_by_strategy ON requests (strategy_id, kind);

CREATE TABLE attempts (
  attempt_id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL REFERENCES requests (request_id),
  number INTEGER NOT NULL,
  boot_id TEXT NOT NULL REFERENCES boots (boot_id),
  backend TEXT NOT NULL,
  leased_wall_ms INTEGER NOT NULL,
  sent_wall_ms INTEGER,
  ended_wall_ms INTEGER,
  outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'abandoned', 'late')),
  failure_code TEXT,
  failure_message TEXT,
  CHECK ((ended_wall_ms IS NULL) = (outcome IS NULL)),
  UNIQUE (request_id, number)
) STRICT;
CREATE UNIQUE INDEX attempts_open ON attempts (request_id) WHERE ended_wall_ms IS NULL;
CREATE INDEX attempts_open_by_boot ON attempts (boot_id, backend) WHERE ended_wall_ms IS NULL;

CREATE TABLE results (
  request_id TEXT NOT NULL PRIMARY KEY REFERENCES requests (request_id),
  attempt_id TEXT NOT NULL UNIQUE REFERENCES attempts (attempt_id),
  trades INTEGER,
  wins INTEGER,
  losses INTEGER,
  pnl REAL,
  sharpe REAL,
  sortino REAL,
  max_drawdown REAL,
  win_rate REAL,
  profit_factor REAL,
  adjusted_sharpe REAL,
  sharpe_ci_lower REAL,
  raw_json TEXT NOT NULL,
  first_s INTEGER,
  last_s INTEGER,
  bars INTEGER,
  data_hash TEXT,
  trades_count INTEGER,
  trades_hash TEXT,
  applied_wall_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE late_answers (
  attempt_id TEXT NOT NULL PRIMARY KEY REFERENCES attempts (attempt_id),
  received_wall_ms INTEGER NOT NULL,
  disposition TEXT NOT NULL CHECK (disposition IN ('late_success', 'late_failure')),
  summary_json TEXT NOT NULL
) STRICT;

CREATE TABLE ranks (
  strategy_id TEXT NOT NULL PRIMARY KEY REFERENCES strategies (strategy_id),
  rank TEXT,
  version INTEGER NOT NULL,
  verdict_id TEXT NOT NULL
) STRICT;
CREATE INDEX ranks_by_rank ON ranks (rank);

CREATE TABLE rank_verdicts (
  verdict_id TEXT NOT NULL PRIMARY KEY,
  strategy_id TEXT NOT NULL REFERENCES strategies (strategy_id),
  rank_before TEXT,
  rank_after TEXT,
  reason TEXT NOT NULL,
  policy_name TEXT NOT NULL,
  policy_version INTEGER NOT NULL,
  thresholds_json TEXT NOT NULL,
  evidence_json TEXT NOT NULL,
  decided_wall_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX rank_verdicts_by_strategy ON rank_verdicts (strategy_id, decided_wall_ms);

CREATE TABLE dispatch_settings (
  key TEXT NOT NULL PRIMARY KEY,
  value_json TEXT NOT NULL,
  changed_wall_ms INTEGER NOT NULL,
  changed_by TEXT NOT NULL
) STRICT;
`;

export const coreSchema: SchemaOf = {
  kind: 'core',
  applicationId: 0x48464301,
  migrations: [
    { number: 1, name: 'requests, attempts, results, ranks', sql: first },
    notifications,
    oos,
    pairs,
    durable,
    indexes,
  ],
};
