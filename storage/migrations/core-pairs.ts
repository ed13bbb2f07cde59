/**
 * Pairs: what they are, every score that a refresh gave them, and what is active from when to when. A refresh is one row
 * that all its other rows refer to; the same refresh again changes nothing.
 */
import type { Migration } from './run.js';

const sql = `
CREATE TABLE pair_definitions (
  pair_id TEXT NOT NULL PRIMARY KEY,
  legacy_id TEXT NOT NULL,
  strategy_a TEXT NOT NULL REFERENCES strategies (strategy_id),
  strategy_b TEXT NOT NULL REFERENCES strategies (strategy_id),
  created_wall_ms INTEGER NOT NULL,
  CHECK (strategy_a <> strategy_b)
) STRICT;
CREATE INDEX pair_definitions_by_legacy ON pair_definitions (legacy_id);
CREATE INDEX pair_definitions_by_a ON pair_definitions (strategy_a);
CREATE INDEX pair_definitions_by_b ON pair_definitions (strategy_b);

CREATE TABLE pair_refreshes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  refresh_id TEXT NOT NULL UNIQUE,
  inputs_hash TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('strict', 'compatible')),
  rules_json TEXT NOT NULL,
  candidates INTEGER NOT NULL,
  pool INTEGER NOT NULL,
  eligible INTEGER NOT NULL,
  excluded_json TEXT NOT NULL,
  tested INTEGER NOT NULL,
  overlap_too_small INTEGER NOT NULL,
  too_correlated INTEGER NOT NULL,
  strict INTEGER NOT NULL,
  rescued INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  active INTEGER NOT NULL,
  slots INTEGER NOT NULL,
  empty_slots INTEGER NOT NULL,
  explanation TEXT,
  started_wall_ms INTEGER NOT NULL,
  recorded_wall_ms INTEGER NOT NULL,
  duration_ms REAL NOT NULL
) STRICT;

CREATE TABLE pair_scores (
  refresh_id TEXT NOT NULL REFERENCES pair_refreshes (refresh_id),
  pair_id TEXT NOT NULL REFERENCES pair_definitions (pair_id),
  place INTEGER NOT NULL,
  rescued INTEGER NOT NULL CHECK (rescued IN (0, 1)),
  correlation REAL NOT NULL,
  weight_a REAL NOT NULL,
  weight_b REAL NOT NULL,
  points INTEGER NOT NULL,
  overlap REAL NOT NULL,
  sharpe REAL NOT NULL,
  profit_factor REAL NOT NULL,
  win_rate REAL NOT NULL,
  max_drawdown REAL NOT NULL,
  score REAL NOT NULL,
  rank TEXT NOT NULL CHECK (rank IN ('S', 'A', 'B')),
  oos_sharpe REAL,
  cpcv_sharpe REAL,
  slot TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('active', 'slot_taken', 'outranked')),
  evidence_json TEXT NOT NULL,
  PRIMARY KEY (refresh_id, pair_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_scores_by_pair ON pair_scores (pair_id);

CREATE TABLE pair_slots (
  refresh_id TEXT NOT NULL REFERENCES pair_refreshes (refresh_id),
  slot TEXT NOT NULL,
  pool INTEGER NOT NULL,
  eligible INTEGER NOT NULL,
  pair_id TEXT REFERENCES pair_definitions (pair_id),
  empty_since_wall_ms INTEGER,
  head_json TEXT NOT NULL,
  PRIMARY KEY (refresh_id, slot),
  CHECK ((pair_id IS NULL) = (empty_since_wall_ms IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_slots_by_pair ON pair_slots (pair_id) WHERE pair_id IS NOT NULL;

CREATE TABLE pair_activations (
  refresh_id TEXT NOT NULL REFERENCES pair_refreshes (refresh_id),
  pair_id TEXT NOT NULL REFERENCES pair_definitions (pair_id),
  slot TEXT NOT NULL,
  weight_a REAL NOT NULL,
  weight_b REAL NOT NULL,
  from_wall_ms INTEGER NOT NULL,
  to_wall_ms INTEGER,
  end_reason TEXT CHECK (end_reason IN ('leg_demoted', 'not_selected', 'lost_slot', 'reweighted')),
  ended_by TEXT,
  PRIMARY KEY (refresh_id, pair_id),
  CHECK ((to_wall_ms IS NULL) = (end_reason IS NULL)),
  CHECK ((to_wall_ms IS NULL) = (ended_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pair_active ON pair_activations (pair_id) WHERE to_wall_ms IS NULL;
CREATE INDEX pair_activations_by_pair ON pair_activations (pair_id, from_wall_ms);
CREATE INDEX pair_activations_by_end ON pair_activations (ended_by) WHERE ended_by IS NOT NULL;
`;

export const pairs: Migration = { number: 4, name: 'pairs', sql };
