/** What each verb of the core file is in statements. Nothing is decided here. */
import type { CoreMsg } from '../../protocols/db-writes.js';
import type { AttemptStanding, LeasedRequest } from '../../protocols/db-rows.js';
import type { Verb } from '../../storage/statement.js';
import { both, together, verb } from '../../storage/statement.js';
import { noteSent, selectStanding } from '../../storage/tables/attempts.js';
import { insertBoot } from '../../storage/tables/boots.js';
import { upsertCandleFile } from '../../storage/tables/candle-files.js';
import { upsertCandleWindow } from '../../storage/tables/candle-windows.js';
import { selectDispatchSettings, upsertDispatchSetting } from '../../storage/tables/dispatch-settings.js';
import { applyFailure } from '../../storage/tables/failures.js';
import { leaseDue, recoverBoots, returnLeases } from '../../storage/tables/leases.js';
import {
  cancelRequest,
  expireOverdue,
  recordFailedRequest,
  selectNextDue,
  submitRequests,
} from '../../storage/tables/requests.js';
import { redriveRequest } from '../../storage/tables/redrive-request.js';
import { applySuccess } from '../../storage/tables/results.js';
import { notifierVerbs } from './notifier-verbs.js';
import { oosVerbs } from './oos-verbs.js';
import { pairVerbs } from './pair-verbs.js';
import { retentionVerbs } from './retention-verbs.js';
import { fromRow, toRow } from './rows.js';
import { nothing, reading } from './verb-table.js';
import type { VerbTable } from './verb-table.js';

/** One transaction each; importing is the exception, see `import-records`. */
export type CoreVerb = Exclude<CoreMsg, { type: 'import_records' }>;

type Table = VerbTable<CoreVerb>;

const table: Table = {
  ...notifierVerbs,
  ...oosVerbs,
  ...pairVerbs,
  ...retentionVerbs,
  register_boot: ({ bootId, startedWallMs, pid }) =>
    verb([insertBoot(toRow({ bootId, startedWallMs, pid }))], ([result]) => ({
      isNew: result?.changes === 1,
    })),
  recover: ({ bootId, wallMs, crash }) => recoverBoots({ bootId, wallMs, crash }),
  submit_requests: ({ requests }) => submitRequests(requests.map(toRow)),
  record_failed_requests: ({ requests }) =>
    together(
      requests.map(({ request, code, message }) => recordFailedRequest(toRow(request), { code, message })),
    ),
  lease_due({ type: _type, ...lease }) {
    const next = reading(selectNextDue({}), ([row]) => row);
    const leased = both(leaseDue(lease), next);
    return verb(leased.statements, (results) => {
      const [requests, due] = leased.read(results);
      return {
        leased: requests.map((row) => fromRow<LeasedRequest>(row)),
        nextDueWallMs: due?.due_wall_ms ?? null,
        nextExpiryWallMs: due?.expires_wall_ms ?? null,
      };
    });
  },
  note_sent: ({ attemptIds, wallMs }) =>
    nothing(attemptIds.map((attemptId) => noteSent({ attemptId, wallMs }))),
  attempt_standing: ({ attemptId }) =>
    reading(selectStanding({ attemptId }), ([row]): AttemptStanding | null =>
      row === undefined
        ? null
        : {
            requestId: row.request_id,
            requestState: row.request_state,
            attemptsUsed: row.attempts_used,
            outcome: row.outcome,
          },
    ),
  apply_success: ({ result, lateSummaryJson }) => applySuccess(toRow(result), lateSummaryJson),
  apply_failure: ({ failure }) => applyFailure(failure),
  return_leases: ({ attemptIds, wallMs, crash }) => returnLeases({ attemptIds, wallMs, crash }),
  expire_overdue: ({ wallMs, limit }) => expireOverdue(wallMs, limit),
  cancel_request: ({ requestId, wallMs, reason }) => cancelRequest(requestId, wallMs, reason),
  redrive_request: ({ requestId, wallMs }) => redriveRequest({ requestId, wallMs }),
  dispatch_settings: () =>
    reading(selectDispatchSettings({}), (rows) =>
      rows.map((row) => ({ key: row.key, valueJson: row.value_json })),
    ),
  change_dispatch_settings: ({ settings, wallMs, changedBy }) =>
    nothing(
      settings.map(({ key, valueJson }) =>
        upsertDispatchSetting(toRow({ key, valueJson, changedWallMs: wallMs, changedBy })),
      ),
    ),
  record_candle_files: ({ files }) => nothing(files.map((file) => upsertCandleFile(toRow(file)))),
  record_candle_windows: ({ windows }) => nothing(windows.map((window) => upsertCandleWindow(toRow(window)))),
};

export function coreVerb(message: CoreVerb): Verb<unknown> {
  // The compiler cannot follow that the entry found by a message's type takes that message.
  const make = table[message.type] as (given: CoreVerb) => Verb<unknown>;
  return make(message);
}
