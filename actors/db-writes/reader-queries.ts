/** What each question to the core file is in SQL. */
import type { ReaderMsg } from '../../protocols/db-writes.js';
import type { OpenAttempts, RequestOutcome, StoredResult, StoredStrategy } from '../../protocols/db-views.js';
import type { Reader } from '../../storage/reader/client.js';
import { countOpenAttempts } from '../../storage/tables/attempts.js';
import { countLateAnswers } from '../../storage/tables/late-answers.js';
import { countRanks } from '../../storage/tables/ranks.js';
import {
  countOpenRequests,
  countRequests,
  selectLatencies,
  selectOutcomes,
} from '../../storage/tables/request-counts.js';
import { selectResult } from '../../storage/tables/results.js';
import { selectStrategy } from '../../storage/tables/strategies.js';
import type { Outcome } from '../../storage/thread/messages.js';
import { readNotifications } from './notifier-queries.js';
import { readOos } from './oos-queries.js';
import { readPairs } from './pair-queries.js';
import { first, rows } from './reading.js';
import { readRetention } from './retention-verbs.js';
import { fromRow } from './rows.js';
import type { Row } from './rows.js';
import type { RequestLifeRow } from '../../protocols/db-kpis.js';
import type { RequestKind } from '../../protocols/db-rows.js';
import {
  countEnded,
  selectHops,
  selectOldestOpen,
  selectRequestLife,
} from '../../storage/tables/request-hops.js';

export function readCore(reader: Reader, message: ReaderMsg): Promise<Outcome<unknown>> {
  switch (message.type) {
    case 'request_counts':
      return rows(reader, countRequests({}), (row) => row);
    case 'open_request_counts':
      return rows(reader, countOpenRequests({}), (row) => row);
    case 'open_attempts':
      return rows(reader, countOpenAttempts({}), (row): OpenAttempts => row);
    case 'late_answer_counts':
      return rows(reader, countLateAnswers({}), (row) => row);
    case 'rank_counts':
      return rows(reader, countRanks({}), (row) => row);
    case 'latencies':
      return rows(reader, selectLatencies({ sinceWallMs: message.sinceWallMs }), (row) => row);
    case 'hops':
      return rows(reader, selectHops({ sinceWallMs: message.sinceWallMs }), (row) => row);
    case 'ended_counts':
      return rows(reader, countEnded({ sinceWallMs: message.sinceWallMs }), (row) => row);
    case 'oldest_open':
      return rows(reader, selectOldestOpen({}), (row) =>
        fromRow<{ kind: RequestKind; oldestWallMs: number }>(row),
      );
    case 'request_life':
      return rows(reader, selectRequestLife({ id: message.id }), (row) =>
        fromRow<RequestLifeRow>(row as Row<RequestLifeRow>),
      );
    case 'request_outcomes':
      return rows(reader, selectOutcomes(message.requestIds), (row) => fromRow<RequestOutcome>(row));
    case 'result':
      return first(reader, selectResult({ requestId: message.requestId }), (row) =>
        fromRow<StoredResult>(row),
      );
    case 'notification_counts':
    case 'notifications_caused':
    case 'outbox_look':
    case 'lane_figures':
      return readNotifications(reader, message);
    case 'strategies_named':
    case 'evidence':
    case 'standing_ranks':
    case 'oos_verdict_counts':
    case 'candle_gate':
      return readOos(reader, message);
    case 'pair_candidates':
    case 'pair_rivals':
    case 'pair_overview':
    case 'active_pairs':
      return readPairs(reader, message);
    case 'aged_requests':
    case 'purged_attempts':
    case 'long_histories':
    case 'unknown_attempts':
    case 'removed_counts':
      return readRetention(reader, message);
    case 'strategy':
      return first(reader, selectStrategy({ strategyId: message.strategyId }), (row) =>
        fromRow<StoredStrategy>(row),
      );
  }
}
