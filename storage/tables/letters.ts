/** Dead letters: what could not be delivered, with its reason, until somebody redrives or discards it. */
import { sql } from 'kysely';
import type { Generated } from 'kysely';
import type { Slots, Verb } from '../statement.js';
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

/** Who had which letter delivered again, and when. */
export interface RedriveRow {
  readonly seq: Generated<number>;
  readonly letter_id: string;
  readonly reason: string;
  readonly recipient: string;
  readonly message_type: string;
  readonly letter_wall_ms: number;
  readonly redriven_wall_ms: number;
  readonly redriven_by: string;
}

export interface DeadLettersTables {
  letters: LetterRow;
  redrives: RedriveRow;
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

interface Accepted {
  readonly letterId: string;
  /** When it was delivered: a letter of the same id that came later is another one. */
  readonly toldWallMs: number;
  readonly by: string;
}

const noteRedrive = define<Accepted>('run', (slots) =>
  sql`INSERT INTO redrives
      (letter_id, reason, recipient, message_type, letter_wall_ms, redriven_wall_ms, redriven_by)
    SELECT letter_id, reason, recipient, message_type, at_wall_ms, ${slots('toldWallMs')}, ${slots('by')}
    FROM letters
    WHERE letter_id = ${slots('letterId')} AND state = 'kept' AND at_wall_ms <= ${slots('toldWallMs')}`.compile(
    store,
  ),
);

const deleteKept = define<Accepted>('run', (slots) =>
  store
    .deleteFrom('letters')
    .where('letter_id', '=', slots('letterId'))
    .where('state', '=', 'kept')
    .where('at_wall_ms', '<=', slots('toldWallMs'))
    .compile(),
);

/** The newest are kept. */
export const redrivesMax = 10_000;

const dropOldRedrives = define<{ keep: number }>('run', (slots) =>
  sql`DELETE FROM redrives WHERE seq <= (SELECT max(seq) FROM redrives) - ${slots('keep')}`.compile(store),
);

/**
 * What took the letter has it: the letter goes, and who had it delivered stays. So the same thing can die again, under the
 * same id, and be a letter again.
 * @returns false when the letter was gone before
 */
export function settleRedriven(accepted: Accepted): Verb<boolean> {
  const statements = [noteRedrive(accepted), deleteKept(accepted), dropOldRedrives({ keep: redrivesMax })];
  return verb(statements, ([, deleted]) => (deleted?.changes ?? 0) > 0);
}

export const selectRedrives = define<{ limit: number }, RedriveRow>('all', (slots) =>
  store.selectFrom('redrives').selectAll().orderBy('seq', 'desc').limit(slots('limit')).compile(),
);

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

export const selectKeptLettersOf = define<
  { reason: string; afterWallMs: number; afterId: string; limit: number },
  LetterRow
>('all', (slots) =>
  store
    .selectFrom('letters')
    .selectAll()
    .where('state', '=', 'kept')
    .where('reason', '=', slots('reason'))
    .where((eb) =>
      eb(eb.refTuple('at_wall_ms', 'letter_id'), '>', eb.tuple(slots('afterWallMs'), slots('afterId'))),
    )
    .orderBy('at_wall_ms')
    .orderBy('letter_id')
    .limit(slots('limit'))
    .compile(),
);

export interface LetterCountRow {
  readonly reason: string;
  readonly state: LetterRow['state'];
  readonly count: number;
  readonly oldest_wall_ms: number;
}

export const countLetters = define<object, LetterCountRow>('all', () =>
  store
    .selectFrom('letters')
    .select((eb) => [
      'reason',
      'state',
      eb.fn.countAll<number>().as('count'),
      eb.fn.min('at_wall_ms').as('oldest_wall_ms'),
    ])
    .groupBy(['reason', 'state'])
    .compile(),
);

interface Aged {
  readonly state: LetterRow['state'];
  readonly beforeWallMs: number;
  readonly limit: number;
}

/** The same rows in both statements of a transaction. */
const oldest = (slots: Slots<Aged>) =>
  sql`SELECT letter_id FROM letters WHERE state = ${slots('state')} AND at_wall_ms < ${slots('beforeWallMs')}
    ORDER BY at_wall_ms, letter_id LIMIT ${slots('limit')}`;

const agedPrefix = 'aged_out:';

const countAged = define<Aged>('run', (slots) =>
  sql`INSERT INTO counters (name, value)
      SELECT ${sql.lit(agedPrefix)} || reason, count(*) FROM letters WHERE letter_id IN (${oldest(slots)})
      GROUP BY reason
      ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value`.compile(store),
);

const deleteAged = define<Aged>('run', (slots) =>
  sql`DELETE FROM letters WHERE letter_id IN (${oldest(slots)})`.compile(store),
);

/** Retention: the oldest of a state go, each counted by its reason. @returns how many went */
export const ageOutLetters = (aged: Aged): Verb<number> =>
  verb([countAged(aged), deleteAged(aged)], ([, deleted]) => deleted?.changes ?? 0);

/** Letters that retention has removed, by reason. */
export const selectAgedOut = define<object, { reason: string; count: number }>('all', () =>
  sql`SELECT substr(name, ${sql.lit(agedPrefix.length + 1)}) AS reason, value AS count
      FROM counters WHERE name LIKE ${sql.lit(`${agedPrefix}%`)} ORDER BY name`.compile(store),
);
