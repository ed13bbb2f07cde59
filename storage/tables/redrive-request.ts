/** A request that was given up, wanted again. */
import { sql } from 'kysely';
import type { Verb } from '../statement.js';
import { define, rowsOf, verb } from '../statement.js';
import { core } from './core-tables.js';
import type { RequestRow, RequestState } from './requests.js';

interface Wanted {
  readonly requestId: string;
  readonly wallMs: number;
}

const stateBefore = define<Wanted, Pick<RequestRow, 'state'>>('get', (slots) =>
  core.selectFrom('requests').select('state').where('request_id', '=', slots('requestId')).compile(),
);

/** With all its attempts, and as long to live as it was given at first. Its last failure stays to be seen. */
const queueAgain = define<Wanted>('run', (slots) =>
  sql`UPDATE requests SET
      state = 'queued', attempts_used = 0, rescues = 0, terminal_wall_ms = NULL,
      due_wall_ms = ${slots('wallMs')},
      expires_wall_ms = ${slots('wallMs')} + (expires_wall_ms - submitted_wall_ms)
    WHERE request_id = ${slots('requestId')} AND state = 'dead_lettered'`.compile(core),
);

/** @returns its state before; null for an unknown id. Only `dead_lettered` changes anything. */
export function redriveRequest(wanted: Wanted): Verb<RequestState | null> {
  const before = stateBefore(wanted);
  return verb([before, queueAgain(wanted)], (results) => rowsOf(before, results[0])[0]?.state ?? null);
}
