/** The tables of the core file, as kysely sees them. Their rules are in migrations/core.ts. */
import { compiler } from '../statement.js';
import type { AttemptRow } from './attempts.js';
import type { BootRow } from './boots.js';
import type { CandleFileRow } from './candle-files.js';
import type { CandleWindowRow } from './candle-windows.js';
import type { DispatchSettingRow } from './dispatch-settings.js';
import type { LateAnswerRow } from './late-answers.js';
import type { NotificationAttemptRow, NotifierLaneRow } from './notification-attempts.js';
import type { CandleGateRow } from './oos-gate.js';
import type { OosStandingRow, OosVerdictRow } from './oos-verdicts.js';
import type { OutboxTable } from './outbox.js';
import type { PairTables } from './pairs.js';
import type { RankRow, RankTransitionRow, RankVerdictRow } from './ranks.js';
import type { RequestsTable } from './requests.js';
import type { ResultRow } from './results.js';
import type { StrategyRow } from './strategies.js';
import type { StrategyRecordRow } from './strategy-records.js';

export interface CoreTables extends PairTables {
  boots: BootRow;
  strategies: StrategyRow;
  strategy_records: StrategyRecordRow;
  candle_files: CandleFileRow;
  candle_windows: CandleWindowRow;
  requests: RequestsTable;
  attempts: AttemptRow;
  results: ResultRow;
  late_answers: LateAnswerRow;
  ranks: RankRow;
  rank_verdicts: RankVerdictRow;
  rank_transitions: RankTransitionRow;
  candle_gate: CandleGateRow;
  oos_verdicts: OosVerdictRow;
  oos_standings: OosStandingRow;
  dispatch_settings: DispatchSettingRow;
  outbox: OutboxTable;
  notification_attempts: NotificationAttemptRow;
  notifier_lanes: NotifierLaneRow;
}

export const core = compiler<CoreTables>();
