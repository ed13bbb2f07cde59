/** What the candle gate, out-of-sample validation and ranking decided, and by what. */
import type { Migration } from './run.js';

const sql = `
CREATE INDEX strategies_by_name ON strategies (name);

CREATE TABLE candle_gate (
  path TEXT NOT NULL,
  accept_outliers INTEGER NOT NULL CHECK (accept_outliers IN (0, 1)),
  name TEXT NOT NULL,
  bytes INTEGER,
  modified_wall_ms REAL,
  file_id TEXT,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'refused')),
  reason TEXT,
  message TEXT,
  checked_wall_ms INTEGER NOT NULL,
  PRIMARY KEY (path, accept_outliers),
  CHECK ((verdict = 'refused') = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE oos_verdicts (
  verdict_id TEXT NOT NULL PRIMARY KEY,
  strategy_id TEXT NOT NULL REFERENCES strategies (strategy_id),
  request_id TEXT REFERENCES requests (request_id),
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'not_measured')),
  reason TEXT NOT NULL,
  value REAL,
  threshold REAL NOT NULL,
  trades INTEGER,
  engine TEXT NOT NULL,
  window_id TEXT,
  data_hash TEXT,
  first_s INTEGER,
  last_s INTEGER,
  bars INTEGER,
  decided_wall_ms INTEGER NOT NULL,
  CHECK (outcome <> 'passed' OR (value IS NOT NULL AND value >= threshold))
) STRICT;
CREATE INDEX oos_verdicts_by_request ON oos_verdicts (request_id);
CREATE INDEX oos_verdicts_by_strategy ON oos_verdicts (strategy_id, decided_wall_ms);

CREATE TABLE oos_standings (
  strategy_id TEXT NOT NULL PRIMARY KEY REFERENCES strategies (strategy_id),
  verdict_id TEXT NOT NULL REFERENCES oos_verdicts (verdict_id)
) STRICT;
CREATE INDEX oos_standings_by_verdict ON oos_standings (verdict_id);

CREATE TABLE rank_transitions (
  strategy_id TEXT NOT NULL REFERENCES strategies (strategy_id),
  version INTEGER NOT NULL,
  rank_before TEXT,
  rank_after TEXT,
  verdict_id TEXT NOT NULL REFERENCES rank_verdicts (verdict_id),
  decided_by TEXT NOT NULL,
  decided_wall_ms INTEGER NOT NULL,
  PRIMARY KEY (strategy_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX rank_transitions_by_verdict ON rank_transitions (verdict_id);
`;

export const oos: Migration = {
  number: 3,
  name: 'candle gate, out-of-sample verdicts, rank transitions',
  sql,
};
