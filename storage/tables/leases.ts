/** Taking requests out, and putting them back when whoever took them is gone. */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Slots, Verb } from '../statement.js';
import { define, listRows, rowsOf, verb } from '../statement.js';
import { core } from './core-tables.js';
import type { CoreTables } from './core-tables.js';
import type { RequestRow, RequestState } from './requests.js';

export interface LeaseDue {
  /** One id for each request that may be taken at most; unused ones stay unused. */
  readonly attemptIds: readonly string[];
  readonly bootId: string;
  readonly backend: string;
  readonly wallMs: number;
  /** So many of the ids, at their end, go to the longest waiting of any priority. @defaultValue 0 */
  readonly longestWaiting?: number;
}

export type LeasedRequest = Pick<
  RequestRow,
  | 'request_id'
  | 'kind'
  | 'strategy_id'
  | 'window_id'
  | 'payload_version'
  | 'payload_json'
  | 'attempts_used'
  | 'attempts_max'
  | 'rescues'
  | 'submitted_wall_ms'
  | 'expires_wall_ms'
> & { readonly attempt_id: string; readonly number: number };

type LeaseSlots = Omit<LeaseDue, 'attemptIds' | 'longestWaiting'> & {
  readonly attemptIds: string;
  readonly limit: number;
};

/** Which of the due requests are first. Each order has a partial index of its own. */
type Order = 'urgent' | 'longest_waiting';

const places = {
  urgent: sql`priority, due_wall_ms, seq`,
  longest_waiting: sql`due_wall_ms, seq`,
} as const;

const inOrder = <O>(order: Order, due: SelectQueryBuilder<CoreTables, 'requests', O>) =>
  (order === 'urgent' ? due.orderBy('priority') : due).orderBy('due_wall_ms').orderBy('seq');

/** The first due requests of an order, each given the id of its place in the list. */
const insertIn = (order: Order, slots: Slots<LeaseSlots>) =>
  core
    .insertInto('attempts')
    .columns(['attempt_id', 'request_id', 'number', 'boot_id', 'backend', 'leased_wall_ms'])
    .expression((eb) =>
      eb
        .selectFrom(
          eb
            .selectFrom(
              inOrder(
                order,
                eb
                  .selectFrom('requests')
                  .select(['request_id', 'leases', 'priority', 'due_wall_ms', 'seq'])
                  .where('state', '=', sql.lit('queued'))
                  .where('due_wall_ms', '<=', slots('wallMs'))
                  .where('expires_wall_ms', '>', slots('wallMs')),
              )
                .limit(slots('limit'))
                .as('first'),
            )
            // Numbered outside the limit: a window function inside it would look at the whole backlog.
            .select([
              'request_id',
              'leases',
              sql<number>`row_number() OVER (ORDER BY ${places[order]})`.as('place'),
            ])
            .as('due'),
        )
        .select([
          // By its place, and not by a join: json_each would be read from its start for each row.
          sql<string>`json_extract(${slots('attemptIds')}, '$[' || (due.place - 1) || ']')`.as('attempt_id'),
          'due.request_id',
          sql<number>`due.leases + 1`.as('number'),
          slots('bootId').as('boot_id'),
          slots('backend').as('backend'),
          slots('wallMs').as('leased_wall_ms'),
        ])
        // SQLite's parser wants a WHERE between a SELECT and ON CONFLICT.
        .where(sql<boolean>`true`),
    )
    // The same lease again, after the answer was lost: its ids are taken, and what they took is returned below.
    .onConflict((conflict) => conflict.column('attempt_id').doNothing())
    .compile();

const insertUrgent = define<LeaseSlots>('run', (slots) => insertIn('urgent', slots));
const insertLongestWaiting = define<LeaseSlots>('run', (slots) => insertIn('longest_waiting', slots));

const markLeased = define<LeaseSlots>('run', (slots) =>
  core
    .updateTable('requests')
    .set((eb) => ({ state: 'leased' as const, leases: eb('leases', '+', 1) }))
    .where('state', '=', sql.lit('queued'))
    .where('request_id', 'in', (eb) =>
      eb
        .selectFrom(listRows(slots('attemptIds')).as('given'))
        .innerJoin('attempts', 'attempts.attempt_id', 'given.value')
        .select('attempts.request_id')
        .where('attempts.ended_wall_ms', 'is', null),
    )
    .compile(),
);

const selectLeased = define<LeaseSlots, LeasedRequest>('all', (slots) =>
  core
    .selectFrom(listRows(slots('attemptIds')).as('given'))
    .innerJoin('attempts', 'attempts.attempt_id', 'given.value')
    .innerJoin('requests', 'requests.request_id', 'attempts.request_id')
    .select([
      'attempts.attempt_id',
      'attempts.number',
      'requests.request_id',
      'requests.kind',
      'requests.strategy_id',
      'requests.window_id',
      'requests.payload_version',
      'requests.payload_json',
      'requests.attempts_used',
      'requests.attempts_max',
      'requests.rescues',
      'requests.submitted_wall_ms',
      'requests.expires_wall_ms',
    ])
    .where('attempts.ended_wall_ms', 'is', null)
    .where('requests.state', '=', sql.lit('leased'))
    .compile(),
);

/** Leases up to `attemptIds.length` due requests by (priority, due, seq). */
export function leaseDue(lease: LeaseDue): Verb<readonly LeasedRequest[]> {
  const { attemptIds, longestWaiting = 0 } = lease;
  const slotsOf = (ids: readonly string[]): LeaseSlots => ({
    ...lease,
    attemptIds: JSON.stringify(ids),
    limit: ids.length,
  });
  const urgent = slotsOf(attemptIds.slice(0, attemptIds.length - longestWaiting));
  const fair = slotsOf(attemptIds.slice(attemptIds.length - longestWaiting));
  const selected = selectLeased(slotsOf(attemptIds));
  const statements = [
    ...(urgent.limit > 0 ? [insertUrgent(urgent), markLeased(urgent)] : []),
    ...(fair.limit > 0 ? [insertLongestWaiting(fair), markLeased(fair)] : []),
    selected,
  ];
  // Sorted here, because SQLite would copy every payload to do it.
  const places = new Map(attemptIds.map((id, place) => [id, place]));
  const placeOf = ({ attempt_id: id }: LeasedRequest): number => places.get(id) ?? 0;
  return verb(statements, (results) =>
    rowsOf(selected, results.at(-1)).toSorted((a, b) => placeOf(a) - placeOf(b)),
  );
}

/** A request whose attempts went down with a crash this often is taken for the cause. */
export const defaults = { rescuesMax: 3 } as const;

export interface Returned {
  readonly requestId: string;
  /** `queued` again, or `dead_lettered` as `crash_loop`. */
  readonly state: RequestState;
  readonly rescues: number;
}

interface ReturnSlots {
  readonly wallMs: number;
  /** 1 when each return counts as a crash of its request. */
  readonly crash: 0 | 1;
  readonly rescuesMax: number;
}

type Condition = RawBuilder<boolean>;
type ReturnedRow = Pick<RequestRow, 'request_id' | 'state' | 'rescues'>;

/** Both ways back differ only in which attempts they mean. A request keeps its due time, so it stays in front. */
const requeue = (condition: Condition, slots: Slots<ReturnSlots>) => {
  const looping = sql`(${slots('crash')} = 1 AND rescues + 1 >= ${slots('rescuesMax')})`;
  return sql<ReturnedRow>`UPDATE requests SET
      rescues = rescues + ${slots('crash')},
      state = CASE WHEN ${looping} THEN 'dead_lettered' ELSE 'queued' END,
      terminal_wall_ms = CASE WHEN ${looping} THEN ${slots('wallMs')} END,
      failure_code = CASE WHEN ${looping} THEN 'crash_loop' ELSE failure_code END,
      failure_message = CASE WHEN ${looping} THEN 'its attempts went down with a crash too often' ELSE failure_message END
    WHERE state = 'leased' AND request_id IN (SELECT request_id FROM attempts WHERE ended_wall_ms IS NULL AND ${condition})
    RETURNING request_id, state, rescues`.compile(core);
};

const abandon = (condition: Condition, wallMs: RawBuilder<number>) =>
  sql`UPDATE attempts SET outcome = 'abandoned', ended_wall_ms = ${wallMs}
    WHERE ended_wall_ms IS NULL AND ${condition}`.compile(core);

type OfIds = ReturnSlots & { readonly attemptIds: string };
type OfOtherBoots = ReturnSlots & { readonly bootId: string };

const requeueIds = define<OfIds, ReturnedRow>('all', (slots) =>
  requeue(sql<boolean>`attempt_id IN (SELECT value FROM ${listRows(slots('attemptIds'))})`, slots),
);
const abandonIds = define<OfIds>('run', (slots) =>
  abandon(sql<boolean>`attempt_id IN (SELECT value FROM ${listRows(slots('attemptIds'))})`, slots('wallMs')),
);
const requeueOtherBoots = define<OfOtherBoots, ReturnedRow>('all', (slots) =>
  requeue(sql<boolean>`boot_id <> ${slots('bootId')}`, slots),
);
const abandonOtherBoots = define<OfOtherBoots>('run', (slots) =>
  abandon(sql<boolean>`boot_id <> ${slots('bootId')}`, slots('wallMs')),
);

const readReturned = (rows: readonly ReturnedRow[]): Returned[] =>
  rows.map((row) => ({ requestId: row.request_id, state: row.state, rescues: row.rescues }));

/**
 * Hands leases back at once: at shutdown, when a breaker opened before sending (`crash: false`), or when the backend
 * died with them (`crash: true`). No attempt is used up.
 */
export function returnLeases(args: {
  readonly attemptIds: readonly string[];
  readonly wallMs: number;
  readonly crash: boolean;
  readonly rescuesMax?: number;
}): Verb<Returned[]> {
  const slots: OfIds = {
    attemptIds: JSON.stringify(args.attemptIds),
    wallMs: args.wallMs,
    crash: args.crash ? 1 : 0,
    rescuesMax: args.rescuesMax ?? defaults.rescuesMax,
  };
  const requeued = requeueIds(slots);
  return verb([requeued, abandonIds(slots)], ([result]) => readReturned(rowsOf(requeued, result)));
}

/**
 * At start: whatever another boot left open is abandoned and queued again, by knowledge and not by age.
 * @param args.crash false when the earlier process is known not to have crashed by itself (a kill from outside)
 */
export function recoverBoots(args: {
  readonly bootId: string;
  readonly wallMs: number;
  readonly crash: boolean;
  readonly rescuesMax?: number;
}): Verb<Returned[]> {
  const slots: OfOtherBoots = {
    bootId: args.bootId,
    wallMs: args.wallMs,
    crash: args.crash ? 1 : 0,
    rescuesMax: args.rescuesMax ?? defaults.rescuesMax,
  };
  const requeued = requeueOtherBoots(slots);
  return verb([requeued, abandonOtherBoots(slots)], ([result]) => readReturned(rowsOf(requeued, result)));
}
