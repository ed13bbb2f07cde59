/** What the drivers of the stores have in common: they own one thread, hand it work, and bring its answers back. */
import type { Behavior, Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import { failed } from '../../protocols/exit-reason.js';
import type { DbAnswer, DbRefusal, StandingMsg, WriterStanding } from '../../protocols/db-writes.js';
import type { Replies } from '../../protocols/name.js';
import { StorageError } from '../../storage/errors.js';
import type { Outcome } from '../../storage/thread/messages.js';

/** Verbs that a thread may hold at once; the one above is refused, and its asker comes again. */
export const defaults = {
  pendingMax: 2_048,
  shutdownMs: 15_000,
  startMs: 60_000,
  /** Many times what the largest list and the longest wait for a foreign lock take together. */
  silentMsMax: 120_000,
  tendMs: 1_000,
  /** Between two tries to open again what could be opened once. */
  reopenMs: 1_000,
  /** Threads that may end while they open the file at the start, the last one included. */
  startTries: 3,
} as const;

interface Closable {
  /** @param deadline when aborted, the thread is ended in the middle of what it does */
  close(deadline?: AbortSignal): Promise<void>;
}

interface Depth {
  readonly queueBytes: number;
  readonly thread: unknown;
}

export interface ThreadDriver<Request, Thread extends Closable> {
  readonly open: (onDeath: (reason: string) => void) => Promise<Thread>;
  readonly perform: (thread: Thread, request: Request) => Promise<Outcome<unknown>>;
  readonly depth: (thread: Thread) => Depth;
  /** What the thread does of itself between the verbs, about once a second. */
  readonly tend?: (thread: Thread) => Promise<Outcome<unknown>> | undefined;
}

export interface DriverArgs {
  /** @defaultValue 2048 */
  readonly pendingMax?: number;
  /** A thread that answers nothing for so long, with verbs under way, hangs and is ended. @defaultValue 120000 */
  readonly silentMsMax?: number;
}

type Asked = { readonly type: string } & Replies<DbAnswer<unknown>>;

type Private =
  | {
      readonly type: 'performed';
      readonly to: ReplyTo<DbAnswer<unknown>>;
      readonly settled: Settled<Outcome<unknown>>;
    }
  | { readonly type: 'thread_died'; readonly life: object; readonly reason: string }
  | { readonly type: 'tended' }
  | { readonly type: 'reopened'; readonly settled: Settled<unknown> }
  | { readonly type: 'listen' }
  | { readonly type: 'tend' }
  | { readonly type: 'reopen' };

interface State<Thread> {
  /** Null while the file cannot be opened. */
  readonly thread: Thread | null;
  /** The try to open it that is under way. */
  readonly opening: Promise<Thread> | null;
  /** Why it could not be opened. */
  readonly refusal: DbRefusal | null;
  /** Tells the death of this thread from that of an earlier one. */
  readonly life: object;
  readonly pending: number;
  readonly pendingMax: number;
  readonly refused: number;
  readonly silentMsMax: number;
  /** The last answer, or the first verb after all were answered. */
  readonly heardMs: number;
  /** The thread hangs and was ended; only its death is waited for. */
  readonly ending: boolean;
}

type Msg = Asked | StandingMsg | Private;

const privateTypes: ReadonlySet<string> = new Set<Private['type']>([
  'performed',
  'thread_died',
  'tended',
  'reopened',
  'listen',
  'tend',
  'reopen',
]);

const isPrivate = (message: Msg): message is Private => privateTypes.has(message.type);

/** A bug rejects: the verb itself was wrong, and the thread goes on with the others. */
function answerOf(settled: Settled<Outcome<unknown>>): DbAnswer<unknown> {
  if (!settled.ok) {
    const message = settled.error instanceof Error ? settled.error.message : String(settled.error);
    return { ok: false, code: 'bug', message, retryable: false };
  }
  if (settled.value.ok) return settled.value;
  const { code, message, retryable } = settled.value.error;
  return { ok: false, code, message, retryable };
}

/** Incarnations count from here. */
const firstIncarnation = 1;

const refusalOf = ({ code, message }: StorageError): DbRefusal => ({
  ok: false,
  code,
  message,
  retryable: true,
});

export function threadDriver<Request extends Asked, Thread extends Closable>(
  driver: ThreadDriver<Request, Thread>,
): Behavior<State<Thread>, Request | StandingMsg, DriverArgs> {
  function begin(state: State<Thread>, request: Request, ctx: Ctx<Msg>): State<Thread> {
    const asked: Asked = request;
    const { pending, pendingMax, thread, refusal } = state;
    if (thread === null) {
      if (refusal !== null) ctx.reply(asked, refusal);
      return { ...state, refused: state.refused + 1 };
    }
    if (pending >= pendingMax) {
      const message = `${pending} verbs are under way, the limit is ${pendingMax}`;
      ctx.reply(asked, { ok: false, code: 'queue_full', message, retryable: true });
      return { ...state, refused: state.refused + 1 };
    }
    const to = ctx.deferReply(asked);
    ctx.pipeToSelf(driver.perform(thread, request), (settled) => ({ type: 'performed', to, settled }));
    return { ...state, pending: pending + 1, heardMs: pending === 0 ? ctx.nowMs() : state.heardMs };
  }

  function open(life: object, ctx: Ctx<Msg>): Promise<Thread> {
    const { self } = ctx;
    // A tell that finds the mailbox full is no loss: the next answer of a dead thread says the same.
    return driver.open((reason) => void self.tell({ type: 'thread_died', life, reason }));
  }

  /** A thread that ended before it could say what its file is like said nothing of the file, so another one is asked. */
  async function openAtStart(life: object, ctx: Ctx<Msg>): Promise<Thread> {
    for (let triesLeft = defaults.startTries - 1; ; triesLeft -= 1) {
      try {
        return await open(life, ctx);
      } catch (error) {
        const died = error instanceof StorageError && error.code === 'writer_died';
        if (!died || triesLeft === 0) throw error;
      }
    }
  }

  function reopened(state: State<Thread>, settled: Settled<Thread>, ctx: Ctx<Msg>): State<Thread> {
    if (settled.ok)
      return { ...state, thread: settled.value, opening: null, refusal: null, heardMs: ctx.nowMs() };
    if (!(settled.error instanceof StorageError)) throw settled.error;
    ctx.timer('reopen', defaults.reopenMs, { type: 'reopen' });
    return { ...state, opening: null, refusal: refusalOf(settled.error) };
  }

  /** Not behind verbs: they do the same, and nobody should wait for it. */
  function tend(state: State<Thread>, ctx: Ctx<Msg>): State<Thread> {
    const tended = state.thread === null ? undefined : driver.tend?.(state.thread);
    if (tended !== undefined) ctx.pipeToSelf(tended, () => ({ type: 'tended' }));
    // One that knows no tending will never.
    else if (state.thread !== null) ctx.cancelTimer('tend');
    return state;
  }

  /** A look now and then instead of a deadline for each verb, of which there are tens of thousands in a second. */
  function listen(state: State<Thread>, ctx: Ctx<Msg>): State<Thread> {
    const silentMs = ctx.nowMs() - state.heardMs;
    if (state.pending === 0 || silentMs <= state.silentMsMax) return state;
    const why = `the thread has answered nothing for ${Math.round(silentMs)} ms`;
    // One that does not even end when it is told to is left behind; its file's own lock keeps it from doing harm.
    if (state.ending) {
      ctx.stop(failed(new Error(`${why}, and does not end`)));
      return state;
    }
    const closed = state.thread?.close(AbortSignal.abort()) ?? Promise.resolve();
    ctx.pipeToSelf(closed, () => ({ type: 'thread_died', life: state.life, reason: why }), {
      mayNeverEnd: true,
    });
    return { ...state, ending: true };
  }

  const behavior: Behavior<State<Thread>, Msg, DriverArgs> = {
    async init({ pendingMax = defaults.pendingMax, silentMsMax = defaults.silentMsMax }, ctx) {
      ctx.trapExits(true);
      const life = {};
      const heardMs = ctx.nowMs();
      const closed: State<Thread> = {
        thread: null,
        opening: null,
        refusal: null,
        life,
        pending: 0,
        pendingMax,
        refused: 0,
        silentMsMax,
        heardMs,
        ending: false,
      };
      ctx.timerWithFixedDelay('listen', silentMsMax / 4, { type: 'listen' });
      if (driver.tend !== undefined) ctx.timerWithFixedDelay('tend', defaults.tendMs, { type: 'tend' });
      try {
        return { ...closed, thread: await openAtStart(life, ctx) };
      } catch (error) {
        // What could be opened once is no fault of the start: the disk is away, or full. That is waited out, and refused
        // meanwhile; a restart for each try would bring the whole tree down.
        if (!(error instanceof StorageError) || ctx.handle.incarnation === firstIncarnation) throw error;
        ctx.timer('reopen', defaults.reopenMs, { type: 'reopen' });
        return { ...closed, refusal: refusalOf(error) };
      }
    },

    handle(state, message, ctx) {
      if (message.type === 'writer_standing') {
        const standing: WriterStanding = {
          pending: state.pending,
          refused: state.refused,
          ...(state.thread === null ? { queueBytes: 0, thread: null } : driver.depth(state.thread)),
        };
        ctx.reply(message as StandingMsg, standing);
        return state;
      }
      if (!isPrivate(message)) return begin(state, message as Request, ctx);
      if (message.type === 'thread_died') {
        if (message.life === state.life) ctx.stop(failed(new Error(`the thread ended: ${message.reason}`)));
        return state;
      }
      if (message.type === 'listen') return listen(state, ctx);
      if (message.type === 'tend') return tend(state, ctx);
      if (message.type === 'tended') return state;
      if (message.type === 'reopen') {
        const opening = open(state.life, ctx);
        ctx.pipeToSelf(opening, (settled) => ({ type: 'reopened', settled }));
        return { ...state, opening };
      }
      if (message.type === 'reopened') return reopened(state, message.settled as Settled<Thread>, ctx);
      const answer = answerOf(message.settled);
      ctx.replyTo(message.to, answer);
      if (!answer.ok && answer.code === 'writer_died') ctx.stop(failed(new Error(answer.message)));
      return { ...state, pending: state.pending - 1, heardMs: ctx.nowMs() };
    },

    // What the thread has is finished first; those who asked are still answered by its outcome or by our end.
    terminate: async ({ thread, opening }) => {
      await (thread ?? (await opening?.catch(() => null)))?.close();
    },
  };
  return behavior;
}
