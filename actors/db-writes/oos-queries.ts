/** What the questions of validation and ranking are in SQL. */
import type { Evidence, GateVerdict, OosReaderMsg, StandingRank } from '../../protocols/db-oos.js';
import type { StoredStrategy } from '../../protocols/db-views.js';
import type { Reader } from '../../storage/reader/client.js';
import { selectEvidence } from '../../storage/tables/oos-evidence.js';
import { selectCandleGate } from '../../storage/tables/oos-gate.js';
import { countOosVerdicts } from '../../storage/tables/oos-verdicts.js';
import { selectRanksOf } from '../../storage/tables/ranks.js';
import { selectStrategiesNamed } from '../../storage/tables/strategies.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { rows } from './reading.js';
import { fromRow } from './rows.js';

export function readOos(reader: Reader, message: OosReaderMsg): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'strategies_named':
      return rows(reader, selectStrategiesNamed({ name: message.name }), (row) =>
        fromRow<StoredStrategy>(row),
      );
    case 'evidence':
      return rows(reader, selectEvidence(message.requestIds), (row) => fromRow<Evidence>(row));
    case 'standing_ranks':
      return rows(reader, selectRanksOf(message.strategyIds), (row) => fromRow<StandingRank>(row));
    case 'oos_verdict_counts':
      return rows(reader, countOosVerdicts({}), (row) => row);
    case 'candle_gate':
      return rows(reader, selectCandleGate({ limit: message.limit }), (row) => fromRow<GateVerdict>(row));
  }
}
