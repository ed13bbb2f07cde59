/** Owns the thread of the dead-letters file. */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { LetterRow } from '../../protocols/dead-letters.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-writes.js';
import { failed } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import type { Verb } from '../../storage/statement.js';
import { StorageError } from '../../storage/errors.js';
import { rowsOf, together, verb } from '../../storage/statement.js';
import {
  ageOutLetters,
  countLetters,
  insertLetter,
  selectAgedOut,
  selectKeptLetters,
  selectKeptLettersOf,
  selectLetter,
  settleRedriven,
} from '../../storage/tables/letters.js';
import type { LetterRow as StoredRow } from '../../storage/tables/letters.js';
import type { Outcome } from '../../storage/thread/messages.js';
import type { Writer } from '../../storage/writer/client.js';
import { privateNames } from './messages.js';
import type { StoreMsg } from './messages.js';
import type { DeadLettersPorts } from './ports.js';

export const dayMs = 24 * 3_600_000;

export const defaults = {
  /** What nobody has dealt with by then is removed, and counted by its reason. */
  keptDays: 90,
  /** What was dealt with, by hand or by being redriven. */
  settledDays: 14,
  agedFirstMs: 60_000,
  agedEveryMs: 3_600_000,
  /** Letters in one transaction. */
  agedAtOnce: 500,
  tendMs: 1_000,
  /** Between two tries to open again what could be opened once. */
  reopenMs: 1_000,
} as const;

export interface StoreArgs {
  readonly openWriter: DeadLettersPorts['openWriter'];
  readonly keptDays: number;
  readonly settledDays: number;
  readonly agedFirstMs: number;
  readonly agedEveryMs: number;
  readonly agedAtOnce: number;
}

type Msg =
  | StoreMsg
  | {
      readonly type: 'done';
      readonly to: ReplyTo<DbAnswer<unknown>>;
      readonly settled: Settled<Outcome<unknown>>;
    }
  | { readonly type: 'thread_died'; readonly life: object; readonly reason: string }
  | { readonly type: 'reopen' }
  | { readonly type: 'reopened'; readonly settled: Settled<Writer> }
  | { readonly type: 'tend' }
  | { readonly type: 'tended' }
  | { readonly type: 'age_out' }
  | { readonly type: 'aged_out'; readonly settled: Settled<Outcome<number>> };

interface State {
  readonly args: StoreArgs;
  /** Null while the file cannot be opened: the letters go to the spool. */
  readonly writer: Writer | null;
  readonly opening: Promise<Writer> | null;
  readonly refusal: DbRefusal | null;
  /** Tells the death of this thread from that of an earlier one. */
  readonly life: object;
}

/** Incarnations count from here. */
const firstIncarnation = 1;

async function init(args: StoreArgs, ctx: Ctx<Msg>): Promise<State> {
  ctx.trapExits(true);
  const life = {};
  ctx.timerWithFixedDelay('tend', defaults.tendMs, { type: 'tend' });
  ctx.timer('age_out', args.agedFirstMs, { type: 'age_out' });
  const closed: State = { args, writer: null, opening: null, refusal: null, life };
  try {
    return { ...closed, writer: await open(args, life, ctx) };
  } catch (error) {
    // What could be opened once is waited for: a restart for each try would bring the whole tree down, and there is a spool.
    if (!(error instanceof StorageError) || ctx.handle.incarnation === firstIncarnation) throw error;
    ctx.timer('reopen', defaults.reopenMs, { type: 'reopen' });
    return { ...closed, refusal: refusalOf(error) };
  }
}

function open({ openWriter }: StoreArgs, life: object, { self }: Ctx<Msg>): Promise<Writer> {
  return openWriter((reason) => void self.tell({ type: 'thread_died', life, reason }));
}

const refusalOf = ({ code, message }: StorageError): DbRefusal => ({
  ok: false,
  code,
  message,
  retryable: true,
});

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'thread_died':
      if (message.life === state.life) ctx.stop(failed(new Error(`the thread ended: ${message.reason}`)));
      return state;
    case 'done': {
      const answer = answerOf(message.settled);
      ctx.replyTo(message.to, answer);
      if (!answer.ok && answer.code === 'writer_died') ctx.stop(failed(new Error(answer.message)));
      return state;
    }
    case 'reopen': {
      const opening = open(state.args, state.life, ctx);
      ctx.pipeToSelf(opening, (settled) => ({ type: 'reopened', settled }));
      return { ...state, opening };
    }
    case 'reopened':
      return reopened(state, message.settled, ctx);
    case 'tend': {
      const tended = state.writer?.tend?.();
      if (tended !== undefined) ctx.pipeToSelf(tended, () => ({ type: 'tended' }));
      else if (state.writer !== null) ctx.cancelTimer('tend');
      return state;
    }
    case 'tended':
      return state;
    case 'age_out':
      if (state.writer === null) ctx.timer('age_out', state.args.agedEveryMs, { type: 'age_out' });
      else
        ctx.pipeToSelf(state.writer.run(ageOut(state.args, ctx.wallMs())), (settled) => ({
          type: 'aged_out',
          settled,
        }));
      return state;
    case 'aged_out': {
      const { agedAtOnce, agedEveryMs } = state.args;
      const isMore =
        message.settled.ok && message.settled.value.ok && message.settled.value.value >= agedAtOnce;
      ctx.timer('age_out', isMore ? 0 : agedEveryMs, { type: 'age_out' });
      return state;
    }
    default:
      return begin(state, message, ctx);
  }
}

function begin(state: State, message: StoreMsg, ctx: Ctx<Msg>): State {
  if (state.writer === null) {
    if (state.refusal !== null) ctx.reply(message, state.refusal);
    return state;
  }
  const to = ctx.deferReply(message) as ReplyTo<DbAnswer<unknown>>;
  ctx.pipeToSelf(state.writer.run(verbOf(message)), (settled) => ({ type: 'done', to, settled }));
  return state;
}

function reopened(state: State, settled: Settled<Writer>, ctx: Ctx<Msg>): State {
  if (settled.ok) return { ...state, writer: settled.value, opening: null, refusal: null };
  if (!(settled.error instanceof StorageError)) throw settled.error;
  ctx.timer('reopen', defaults.reopenMs, { type: 'reopen' });
  return { ...state, opening: null, refusal: refusalOf(settled.error) };
}

/** The largest share of one transaction that any state had: what was as much as it may be is not all. */
function ageOut({ keptDays, settledDays, agedAtOnce: limit }: StoreArgs, wallMs: number): Verb<number> {
  const before = (days: number): number => wallMs - days * dayMs;
  const states = [
    ageOutLetters({ state: 'kept', beforeWallMs: before(keptDays), limit }),
    ageOutLetters({ state: 'redriven', beforeWallMs: before(settledDays), limit }),
    ageOutLetters({ state: 'discarded', beforeWallMs: before(settledDays), limit }),
  ];
  const all = together(states);
  return verb(all.statements, (results) => Math.max(...all.read(results)));
}

/** A bug rejects: the verb was wrong, and the thread goes on. */
function answerOf(settled: Settled<Outcome<unknown>>): DbAnswer<unknown> {
  if (!settled.ok) return { ok: false, code: 'bug', message: String(settled.error), retryable: false };
  if (settled.value.ok) return settled.value;
  const { code, message, retryable } = settled.value.error;
  return { ok: false, code, message, retryable };
}

function verbOf(message: StoreMsg): Verb<unknown> {
  switch (message.type) {
    case 'insert':
      return verb(
        message.letters.map((letter) => insertLetter(rowOf(letter))),
        () => null,
      );
    case 'page': {
      const { after, limit, reason } = message;
      const page = { afterWallMs: after?.atWallMs ?? 0, afterId: after?.letterId ?? '', limit };
      const statement = reason === null ? selectKeptLetters(page) : selectKeptLettersOf({ ...page, reason });
      return verb([statement], ([result]) => rowsOf(statement, result).map(letterOfRow));
    }
    case 'find': {
      const statement = selectLetter({ letterId: message.letterId });
      return verb([statement], ([result]) => rowsOf(statement, result).map(letterOfRow)[0] ?? null);
    }
    case 'settle_redriven':
      return settleRedriven(message);
    case 'counts': {
      const [stored, agedOut] = [countLetters({}), selectAgedOut({})];
      return verb([stored, agedOut], (results) => ({
        stored: rowsOf(stored, results[0]).map(({ reason, state, count, oldest_wall_ms: oldestWallMs }) => ({
          ...{ reason, state, count, oldestWallMs },
        })),
        agedOut: rowsOf(agedOut, results[1]),
      }));
    }
  }
}

const rowOf = (letter: Extract<StoreMsg, { type: 'insert' }>['letters'][number]): StoredRow => ({
  letter_id: letter.letterId,
  at_wall_ms: letter.atWallMs,
  reason: letter.reason,
  recipient: letter.recipient,
  sender: letter.sender,
  incarnation: letter.incarnation,
  message_type: letter.messageType,
  payload_version: letter.payloadVersion,
  payload_json: letter.payloadJson,
  payload_type: letter.payloadType,
  attempts: letter.attempts,
  errors_json: letter.errorsJson,
  state: 'kept',
  redriven_wall_ms: null,
});

/** A stored letter as it is told. */
export const letterOfRow = (row: StoredRow): LetterRow => ({
  letterId: row.letter_id,
  atWallMs: row.at_wall_ms,
  reason: row.reason,
  recipient: row.recipient,
  sender: row.sender,
  incarnation: row.incarnation,
  messageType: row.message_type,
  payloadVersion: row.payload_version,
  payloadJson: row.payload_json,
  payloadType: row.payload_type,
  attempts: row.attempts,
  errorsJson: row.errors_json,
  state: row.state,
  redrivenWallMs: row.redriven_wall_ms,
});

export const store = (args: Pick<DeadLettersPorts, 'openWriter'> & Partial<StoreArgs>): ChildSpec<StoreMsg> =>
  child<State, Msg, StoreArgs>({
    id: 'store',
    name: privateNames.store as Name<Msg>,
    behavior: {
      init,
      handle,
      terminate: async ({ writer, opening }) => {
        await (writer ?? (await opening?.catch(() => null)))?.close();
      },
    },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 15_000,
    // The keeper asks for one insert at a time; the rest is people who look.
    mailbox: { capacity: 256, overflow: 'reject' },
    backoff: { delaysMs: [0, 250, 1_000, 3_000, 10_000] },
  });
