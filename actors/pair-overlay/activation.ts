/**
 * Knows which pairs are active: reads them from the rows at its start and again and again, as ranks may end them at any
 * time, and tells the lot ledger. What it cannot read stays as it was; it never computes any.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { PairOverview } from '../../protocols/db-pairs.js';
import { names } from '../../protocols/pair-overlay.js';
import type { ActivationMsg, PairStanding } from '../../protocols/pair-overlay.js';

export interface ActivationArgs {
  /** A pair that a rank has ended is still overlaid for so long, at most. */
  readonly everyMs: number;
  readonly askMs: number;
}

export const defaults: ActivationArgs = { everyMs: 1_000, askMs: 2_000 };

type Msg =
  | ActivationMsg
  | { readonly type: 'look' }
  | { readonly type: 'read'; readonly wallMs: number; readonly answer: DbAnswer<PairOverview> };

interface State extends ActivationArgs {
  readonly standing: PairStanding | null;
  readonly reading: boolean;
  /** Asked for while it was being read: what is read may be older than the wish. */
  readonly again: boolean;
}

const init = (args: ActivationArgs, ctx: Ctx<Msg>): State => {
  ctx.timer('look', 0, { type: 'look' });
  return { ...args, standing: null, reading: false, again: false };
};

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'look':
    case 'reload':
      return state.reading ? { ...state, again: true } : look(state, ctx);
    case 'read':
      return heard(state, message, ctx);
    case 'pair_standing':
      ctx.reply(message, state.standing);
      return state;
  }
}

function look(state: State, ctx: Ctx<Msg>): State {
  const wallMs = ctx.wallMs();
  ctx.cancelTimer('look');
  ctx.ask(db.reader, { type: 'pair_overview' }, { deadlineMs: state.askMs }, (outcome) => ({
    type: 'read',
    wallMs,
    answer: dbAnswer(outcome),
  }));
  return { ...state, reading: true, again: false };
}

function heard(state: State, { answer, wallMs }: Msg & { type: 'read' }, ctx: Ctx<Msg>): State {
  const next = { ...state, reading: false };
  const read = answer.ok ? { ...next, standing: { ...answer.value, asOfWallMs: wallMs } } : next;
  // Also when nothing has changed: a ledger that was restarted knows nothing.
  const ledger = ctx.whereis(names.lotLedger);
  if (read.standing !== null && ledger?.alive === true)
    ctx.tell(ledger, { type: 'active_pairs_are', pairs: read.standing.active });
  if (read.again) return look(read, ctx);
  ctx.timer('look', state.everyMs, { type: 'look' });
  return read;
}

export const activation = (args: Partial<ActivationArgs> = {}): ChildSpec<ActivationMsg> =>
  child({
    id: 'activation',
    name: names.activation,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 1_000,
    mailbox: { capacity: 256, overflow: 'reject' },
  });
