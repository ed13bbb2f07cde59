/**
 * Takes letters in, writes them to their store in batches, and to the spool while the store refuses; what the spool
 * holds goes into the store as soon as that takes letters again. Only when memory and spool are full is a letter lost,
 * and then it is counted.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { names } from '../../protocols/dead-letters.js';
import type { DeadLettersMsg, Letter, LetterCounts } from '../../protocols/dead-letters.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import { privateNames } from './messages.js';

export const defaults = {
  batchMax: 500,
  /** Letters in memory, waiting for either file. */
  waitingMax: 20_000,
  listMax: 500,
  askMs: 10_000,
  /** How often a store that refused is tried again. */
  againMs: 2_000,
} as const;

export interface KeeperArgs {
  readonly batchMax: number;
  readonly waitingMax: number;
  readonly listMax: number;
  readonly askMs: number;
  readonly againMs: number;
}

type Msg =
  | DeadLettersMsg
  | { readonly type: 'stored'; readonly letters: readonly Letter[]; readonly answer: DbAnswer<null> }
  | { readonly type: 'spooled'; readonly letters: readonly Letter[]; readonly answer: DbAnswer<number> }
  | {
      readonly type: 'spool_read';
      readonly answer: DbAnswer<{ readonly letters: readonly Letter[]; readonly bytes: number }>;
    }
  | {
      readonly type: 'imported';
      readonly left: readonly Letter[];
      readonly bytes: number;
      readonly answer: DbAnswer<null>;
    }
  | { readonly type: 'spool_cleared'; readonly answer: DbAnswer<number> }
  | { readonly type: 'again' }
  | {
      readonly type: 'answered';
      readonly to: ReplyTo<DbAnswer<unknown>>;
      readonly answer: DbAnswer<unknown>;
    };

interface State {
  readonly args: KeeperArgs;
  readonly waiting: readonly Letter[];
  /** `store`: written there. `spool`: it refused, and is tried again by a timer. `import`: the spool is being read. */
  readonly mode: 'store' | 'spool' | 'import';
  /** One batch is under way, or its next try is waited for. */
  readonly busy: boolean;
  readonly spooledBytes: number;
  readonly lost: number;
}

/** It begins with what an earlier life left in the spool. */
export function init(args: KeeperArgs, ctx: Ctx<Msg>): State {
  ctx.trapExits(true);
  return startImport({ args, waiting: [], mode: 'import', busy: true, spooledBytes: 0, lost: 0 }, ctx);
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'keep':
      return pump(keep(state, message.letters), ctx);
    case 'stored':
      if (message.answer.ok) return pump(written(state, message.letters), ctx);
      ctx.timer('again', state.args.againMs, { type: 'again' });
      return pump({ ...state, mode: 'spool', busy: false }, ctx);
    case 'spooled':
      if (!message.answer.ok) return state; // Kept in memory, and tried with the store's next try.
      return pump({ ...written(state, message.letters), spooledBytes: message.answer.value }, ctx);
    case 'again':
      return startImport(state, ctx);
    case 'spool_read':
      if (!message.answer.ok) return pump(waitAgain({ ...state, mode: 'store' }, ctx), ctx);
      return importNext(state, message.answer.value.letters, message.answer.value.bytes, ctx);
    case 'imported':
      if (!message.answer.ok) return pump(waitAgain({ ...state, mode: 'spool' }, ctx), ctx);
      return importNext(state, message.left, message.bytes, ctx);
    case 'spool_cleared': {
      const spooledBytes = message.answer.ok ? message.answer.value : state.spooledBytes;
      if (spooledBytes > 0) ctx.timer('again', state.args.againMs, { type: 'again' });
      return pump({ ...state, mode: 'store', busy: false, spooledBytes }, ctx);
    }
    case 'answered':
      ctx.replyTo(message.to, message.answer);
      return state;
    default:
      return ask(state, message, ctx);
  }
}

function keep(state: State, letters: readonly Letter[]): State {
  const room = Math.max(0, state.args.waitingMax - state.waiting.length);
  const kept = letters.slice(0, room);
  return { ...state, waiting: [...state.waiting, ...kept], lost: state.lost + letters.length - kept.length };
}

const written = (state: State, letters: readonly Letter[]): State => ({
  ...state,
  waiting: state.waiting.slice(letters.length),
  busy: false,
});

function pump(state: State, ctx: Ctx<Msg>): State {
  const { waiting, busy, mode, args } = state;
  if (busy || mode === 'import' || waiting.length === 0) return state;
  const letters = waiting.slice(0, args.batchMax);
  const deadline = { deadlineMs: args.askMs };
  if (mode === 'store')
    ctx.ask(privateNames.store, { type: 'insert', letters }, deadline, (outcome) => ({
      type: 'stored',
      letters,
      answer: dbAnswer(outcome),
    }));
  else
    ctx.ask(privateNames.spool, { type: 'append', letters }, deadline, (outcome) => ({
      type: 'spooled',
      letters,
      answer: dbAnswer(outcome),
    }));
  return { ...state, busy: true };
}

function startImport(state: State, ctx: Ctx<Msg>): State {
  ctx.ask(privateNames.spool, { type: 'read' }, { deadlineMs: state.args.askMs }, (outcome) => ({
    type: 'spool_read',
    answer: dbAnswer(outcome),
  }));
  return { ...state, mode: 'import', busy: true };
}

function waitAgain(state: State, ctx: Ctx<Msg>): State {
  ctx.timer('again', state.args.againMs, { type: 'again' });
  return { ...state, busy: false };
}

/** A batch a turn; the spool is emptied only once all of it is stored, and storing twice is storing once. */
function importNext(state: State, letters: readonly Letter[], bytes: number, ctx: Ctx<Msg>): State {
  const { askMs, batchMax } = state.args;
  if (letters.length === 0) {
    ctx.ask(privateNames.spool, { type: 'clear', bytes }, { deadlineMs: askMs }, (outcome) => ({
      type: 'spool_cleared',
      answer: dbAnswer(outcome),
    }));
    return { ...state, spooledBytes: bytes };
  }
  const left = letters.slice(batchMax);
  ctx.ask(
    privateNames.store,
    { type: 'insert', letters: letters.slice(0, batchMax) },
    { deadlineMs: askMs },
    (outcome) => ({ type: 'imported', left, bytes, answer: dbAnswer(outcome) }),
  );
  return { ...state, spooledBytes: bytes };
}

type Question = Extract<DeadLettersMsg, { type: 'list' | 'show' | 'redriven' | 'count' }>;

/** Questions go to the store, whatever it is doing: what it cannot answer now it refuses. */
function ask(state: State, question: Question, ctx: Ctx<Msg>): State {
  const { askMs, listMax } = state.args;
  const deadline = { deadlineMs: askMs };
  switch (question.type) {
    case 'list': {
      const to = ctx.deferReply(question) as ReplyTo<DbAnswer<unknown>>;
      const limit = Math.min(Math.max(1, Math.trunc(question.limit)), listMax);
      ctx.ask(
        privateNames.store,
        { type: 'page', after: question.after, limit, reason: question.reason ?? null },
        deadline,
        (outcome) => ({
          type: 'answered',
          to,
          answer: dbAnswer(outcome),
        }),
      );
      return state;
    }
    case 'show': {
      const to = ctx.deferReply(question) as ReplyTo<DbAnswer<unknown>>;
      ctx.ask(privateNames.store, { type: 'find', letterId: question.letterId }, deadline, (outcome) => ({
        type: 'answered',
        to,
        answer: dbAnswer(outcome),
      }));
      return state;
    }
    case 'redriven': {
      const to = ctx.deferReply(question) as ReplyTo<DbAnswer<unknown>>;
      const { letterId, by, toldWallMs } = question;
      const settle = { type: 'settle_redriven', letterId, by, toldWallMs } as const;
      ctx.ask(privateNames.store, settle, deadline, (outcome) => ({
        type: 'answered',
        to,
        answer: dbAnswer(outcome),
      }));
      return state;
    }
    case 'count': {
      const to = ctx.deferReply(question) as ReplyTo<DbAnswer<unknown>>;
      const { waiting, spooledBytes, lost } = state;
      ctx.ask(privateNames.store, { type: 'counts' }, deadline, (outcome) => ({
        type: 'answered',
        to,
        answer: withOurs(dbAnswer(outcome), { waiting: waiting.length, spooledBytes, lost }),
      }));
      return state;
    }
  }
}

const withOurs = (
  answer: DbAnswer<Pick<LetterCounts, 'stored' | 'agedOut'>>,
  ours: Omit<LetterCounts, 'stored' | 'agedOut'>,
): DbAnswer<LetterCounts> => (answer.ok ? { ok: true, value: { ...answer.value, ...ours } } : answer);

/** Asked to stop: the drivers stop after us and still take what is told to them now. */
function terminate({ waiting, mode }: State, _reason: ExitReason, ctx: Ctx<Msg>): void {
  if (waiting.length === 0) return;
  if (mode === 'spool') ctx.tell(privateNames.spool, { type: 'append', letters: waiting });
  else ctx.tell(privateNames.store, { type: 'insert', letters: waiting });
}

export const keeper = (args: Partial<KeeperArgs> = {}): ChildSpec<DeadLettersMsg> =>
  child<State, Msg, KeeperArgs>({
    id: 'keeper',
    name: names.deadLetters as Name<Msg>,
    behavior: { init, handle, terminate },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 1_024, overflow: 'reject' },
  });
