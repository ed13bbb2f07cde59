/** Dead letters: what could not be delivered, with its reason, until somebody redrives or discards it. */
import type { Verb } from '../statement.js';
import { compiler, define, rowsOf, slotsOf, verb } from '../statement.js';
import type { CounterRow } from './counters.js';

export interface LetterRow {
  readonly letter_id: string;
  readonly at_wall_ms: number;
  readonly reason: string;
  readonly recipient: string;
  readonly sender: string | null;
  readonly incarnation: number | null;
  readonly message_type: string;
  readonly payload_version: number;
  /** Null when the payload could not be written as JSON. */
  readonly payload_json: string | null;
  readonly payload_type: string;
  readonly attempts: number;
  readonly errors_json: string;
  readonly state: 'kept' | 'redriven' | 'discarded';
  readonly redriven_wall_ms: number | null;
}

export interface DeadLettersTables {
  letters: LetterRow;
  counters: CounterRow;
}

const store = compiler<DeadLettersTables>();

/** Repeatable by id: a letter that comes from the spool again is there once. */
export const insertLetter = define<LetterRow>('run', (slots) =>
  store
    .insertInto('letters')
    .values(
      slotsOf(slots, [
        'letter_id',
        'at_wall_ms',
        'reason',
        'recipient',
        'sender',
        'incarnation',
        'message_type',
        'payload_version',
        'payload_json',
        'payload_type',
        'attempts',
        'errors_json',
        'state',
        'redriven_wall_ms',
      ]),
    )
    .onConflict((conflict) => conflict.column('letter_id').doNothing())
    .compile(),
);

const redrive = define<{ letterId: string; wallMs: number }, LetterRow>('all', (slots) =>
  store
    .updateTable('letters')
    .set({ state: 'redriven', redriven_wall_ms: slots('wallMs') })
    .where('letter_id', '=', slots('letterId'))
    .where('state', '=', 'kept')
    .returningAll()
    .compile(),
);

/** @returns the letter, or null when it is gone or was redriven or discarded before */
export function markRedriven(letterId: string, wallMs: number): Verb<LetterRow | null> {
  const statement = redrive({ letterId, wallMs });
  return verb([statement], ([result]) => rowsOf(statement, result)[0] ?? null);
}

export const discardLetter = define<{ letterId: string }>('run', (slots) =>
  store
    .updateTable('letters')
    .set({ state: 'discarded' })
    .where('letter_id', '=', slots('letterId'))
    .where('state', '=', 'kept')
    .compile(),
);

export const selectLetter = define<{ letterId: string }, LetterRow>('get', (slots) =>
  store.selectFrom('letters').selectAll().where('letter_id', '=', slots('letterId')).compile(),
);

/** Oldest first, pages by (time, id); the first page begins after (0, ''). */
export const selectKeptLetters = define<{ afterWallMs: number; afterId: string; limit: number }, LetterRow>(
  'all',
  (slots) =>
    store
      .selectFrom('letters')
      .selectAll()
      .where('state', '=', 'kept')
      .where((eb) =>
        eb(eb.refTuple('at_wall_ms', 'letter_id'), '>', eb.tuple(slots('afterWallMs'), slots('afterId'))),
      )
      .orderBy('at_wall_ms')
      .orderBy('letter_id')
      .limit(slots('limit'))
      .compile(),
);

export const countLetters = define<object, { reason: string; state: LetterRow['state']; count: number }>(
  'all',
  () =>
    store
      .selectFrom('letters')
      .select((eb) => ['reason', 'state', eb.fn.countAll<number>().as('count')])
      .groupBy(['reason', 'state'])
      .compile(),
);

/** Retention: the oldest letters before a time, whatever their state. Count them in the same transaction. */
export const deleteLettersBefore = define<
  { beforeWallMs: number; limit: number },
  Pick<LetterRow, 'reason' | 'state'>
>('all', (slots) =>
  store
    .deleteFrom('letters')
    .where('letter_id', 'in', (eb) =>
      eb
        .selectFrom('letters')
        .select('letter_id')
        .where('state', 'in', ['kept', 'redriven', 'discarded'])
        .where('at_wall_ms', '<', slots('beforeWallMs'))
        .limit(slots('limit')),
    )
    .returning(['reason', 'state'])
    .compile(),
);
