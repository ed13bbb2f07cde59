/** Strategy records of Swimmy's library and JSON files, made into strategies that know what they are. */
export type { Anomaly, AnomalyCode, OddityCode, QuarantineCode, Severity } from './anomaly.js';
export { environmentOf } from './environment.js';
export { logicJson, strategyIdOf } from './identity.js';
export { importStrategies, type ImportOptions } from './import.js';
export { importLimits, type ImportLimits } from './limits.js';
export type {
  Approximation,
  Canonical,
  Claims,
  Disposition,
  Environment,
  ImportedStrategy,
  ImportRefusal,
  ImportReport,
  StrategyImport,
  StrategyLogic,
  StrategyRecord,
} from './model.js';
