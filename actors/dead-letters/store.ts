/** Owns the thread of the dead-letters file. */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { LetterCounts, LetterRow } from '../../protocols/dead-letters.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import { failed } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import type { Verb } from '../../storage/statement.js';
import { rowsOf, verb } from '../../storage/statement.js';
import {
  countLetters,
  insertLetter,
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

type Msg =
  | StoreMsg
  | {
      readonly type: 'done';
      readonly to: ReplyTo<DbAnswer<unknown>>;
      readonly settled: Settled<Outcome<unknown>>;
    }
  | { readonly type: 'thread_died'; readonly life: object; readonly reason: string };

interface State {
  readonly writer: Writer;
  /** Tells the death of this thread from that of an earlier one. */
  readonly life: object;
}

async function init(ports: Pick<DeadLettersPorts, 'openWriter'>, ctx: Ctx<Msg>): Promise<State> {
  ctx.trapExits(true);
  const life = {};
  const { self } = ctx;
  const writer = await ports.openWriter((reason) => void self.tell({ type: 'thread_died', life, reason }));
  return { writer, life };
}

function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  if (message.type === 'thread_died') {
    if (message.life === state.life) ctx.stop(failed(new Error(`the thread ended: ${message.reason}`)));
  } else if (message.type === 'done') {
    const answer = answerOf(message.settled);
    ctx.replyTo(message.to, answer);
    if (!answer.ok && answer.code === 'writer_died') ctx.stop(failed(new Error(answer.message)));
  } else {
    const to = ctx.deferReply(message) as ReplyTo<DbAnswer<unknown>>;
    ctx.pipeToSelf(state.writer.run(verbOf(message)), (settled) => ({ type: 'done', to, settled }));
  }
  return state;
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
      const statement = countLetters({});
      return verb([statement], ([result]): LetterCounts['stored'] => rowsOf(statement, result));
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

export const store = (ports: Pick<DeadLettersPorts, 'openWriter'>): ChildSpec<StoreMsg> =>
  child<State, Msg, Pick<DeadLettersPorts, 'openWriter'>>({
    id: 'store',
    name: privateNames.store as Name<Msg>,
    behavior: { init, handle, terminate: ({ writer }) => writer.close() },
    args: ports,
    restart: 'permanent',
    shutdownMs: 15_000,
    // The keeper asks for one insert at a time; the rest is people who look.
    mailbox: { capacity: 256, overflow: 'reject' },
    backoff: { delaysMs: [0, 250, 1_000, 3_000, 10_000] },
  });
