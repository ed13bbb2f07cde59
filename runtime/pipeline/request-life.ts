/** The life of one request, hop by hop, from the rows. */
import type { RequestLifeRow } from '../../storage/tables/request-hops.js';
import { selectRequestLife } from '../../storage/tables/request-hops.js';
import { kindOf } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { queryFile } from './query-file.js';

export interface AttemptLife {
  readonly attemptId: string;
  readonly number: number;
  readonly backend: string | null;
  readonly leasedWallMs: number | null;
  /** Null: it is not known to have left the socket. */
  readonly sentWallMs: number | null;
  readonly endedWallMs: number | null;
  readonly outcome: string | null;
  readonly failureCode: string | null;
}

/** Times are wall-clock ms. */
export interface RequestLife {
  readonly requestId: string;
  readonly kind: string;
  readonly strategyId: string;
  readonly strategy: string;
  readonly state: string;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly submittedWallMs: number;
  readonly terminalWallMs: number | null;
  readonly attempts: readonly AttemptLife[];
}

/**
 * @param id of the request, or of one of its attempts: the id on the wire
 * @throws PipelineFailure `input_missing` when there is no such database or request
 */
export async function readRequestLife(db: string, id: string): Promise<RequestLife> {
  const { core } = pipelinePaths(db);
  if ((await kindOf(core)) !== 'file')
    throw new PipelineFailure('input_missing', `--db ${db}: expected a database, found nothing there`);
  const rows = queryFile(core, 'core', selectRequestLife({ id }));
  const [first] = rows;
  if (first === undefined)
    throw new PipelineFailure(
      'input_missing',
      `--trace ${id}: no request and no attempt has this id; status --strategy NAME lists the ids of its requests`,
    );
  return {
    requestId: first.request_id,
    kind: first.kind,
    strategyId: first.strategy_id,
    strategy: first.strategy,
    state: first.state,
    failureCode: first.failure_code,
    failureMessage: first.failure_message,
    submittedWallMs: first.submitted_wall_ms,
    terminalWallMs: first.terminal_wall_ms,
    attempts: rows.flatMap(attemptOf),
  };
}

const attemptOf = (row: RequestLifeRow): readonly AttemptLife[] =>
  row.attempt_id === null
    ? []
    : [
        {
          attemptId: row.attempt_id,
          number: row.number ?? 0,
          backend: row.backend,
          leasedWallMs: row.leased_wall_ms,
          sentWallMs: row.sent_wall_ms,
          endedWallMs: row.ended_wall_ms,
          outcome: row.outcome,
          failureCode: row.attempt_failure_code,
        },
      ];
