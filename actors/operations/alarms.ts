/**
 * Looks at the figures on a clock of its own and says what is wrong, so that silence is noticed although nothing arrives.
 * Each rule is raised once it has held for its time, said again at its interval, and said to be over. What is said is a
 * row of the outbox; while the store cannot take it, it is tried again at the next look.
 */
import { child } from '../kernel/actor-spec.js';
import type { AskOutcome, Ctx } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { DbAnswer } from '../../protocols/db-answer.js';
import { dbAnswer } from '../../protocols/db-answer.js';
import type { NewNotification } from '../../protocols/db-notifier.js';
import { names as db } from '../../protocols/db-writes.js';
import { operations } from '../../protocols/operations.js';
import type { FactsSnapshot } from '../../protocols/operations.js';
import { rules } from './alarm-rules.js';
import type { AlarmRule, Figures, Watched } from './alarm-rules.js';

export const defaults = {
  everyMs: 15_000,
  askMs: 5_000,
  /** An alarm that could not be delivered within a day is no alarm any more. */
  expiresMs: 86_400_000,
} as const;

/** Turns what the monitor knows into what the rules ask for. */
export type ReadFigures = (facts: FactsSnapshot) => Figures;

export interface AlarmArgs {
  readonly read: ReadFigures;
  readonly rules: readonly AlarmRule[];
  readonly everyMs: number;
}

type Msg =
  | { readonly type: 'look' }
  | { readonly type: 'facts'; readonly outcome: AskOutcome<FactsSnapshot> }
  | {
      readonly type: 'stored';
      readonly ids: readonly string[];
      readonly answer: DbAnswer<{ readonly created: number }>;
    };

interface Standing {
  readonly watched: Watched;
  /** Monotonic: since when the rule's condition holds without a break; null while it does not. */
  readonly sinceMs: number | null;
  /** Wall clock of the raising; null while it is not raised. */
  readonly raisedWallMs: number | null;
  /** Monotonic, of the last time it was said. */
  readonly saidMs: number;
  readonly said: number;
}

interface State {
  readonly args: AlarmArgs;
  readonly standings: ReadonlyMap<string, Standing>;
  /** Said and not yet stored. */
  readonly unstored: ReadonlyMap<string, NewNotification>;
}

export function init(args: AlarmArgs, ctx: Ctx<Msg>): State {
  ctx.timer('look', args.everyMs, { type: 'look' });
  return { args, standings: new Map(), unstored: new Map() };
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'look':
      ctx.timer('look', state.args.everyMs, { type: 'look' });
      ctx.ask(operations.monitor, { type: 'facts' }, { deadlineMs: defaults.askMs }, (outcome) => ({
        type: 'facts',
        outcome,
      }));
      return state;
    case 'facts':
      // A monitor that does not answer is supervised; without figures nothing can be judged, nor said to be over.
      return message.outcome.ok ? store(judge(state, message.outcome.value, ctx), ctx) : state;
    case 'stored': {
      if (!message.answer.ok) return state;
      const unstored = new Map(state.unstored);
      for (const id of message.ids) unstored.delete(id);
      return { ...state, unstored };
    }
  }
}

function judge(state: State, facts: FactsSnapshot, ctx: Ctx<Msg>): State {
  const figures = state.args.read(facts);
  let next = state;
  for (const rule of state.args.rules) next = judgeOne(next, rule, figures, ctx);
  return next;
}

const fresh: Standing = { watched: null, sinceMs: null, raisedWallMs: null, saidMs: 0, said: 0 };

function judgeOne(state: State, rule: AlarmRule, figures: Figures, ctx: Ctx<Msg>): State {
  const before = state.standings.get(rule.id) ?? fresh;
  const found = rule.look(figures, before.watched);
  // Unknown is neither: what was raised stays raised, what was not is not.
  if (found === 'unknown') return state;
  const nowMs = ctx.nowMs();
  const wallMs = ctx.wallMs();
  const watched = found.watched;
  if (found.problem === null) {
    const quiet = withStanding(state, rule, { ...fresh, watched });
    return before.raisedWallMs === null ? quiet : over(quiet, rule, before.raisedWallMs, wallMs);
  }
  const isAnother = watched !== before.watched;
  // What was watched has moved: what was raised is over, and the time begins anew.
  if (isAnother && before.raisedWallMs !== null)
    return over(
      withStanding(state, rule, { ...fresh, watched, sinceMs: nowMs }),
      rule,
      before.raisedWallMs,
      wallMs,
    );
  const sinceMs = before.sinceMs === null || isAnother ? nowMs : before.sinceMs;
  const standing = { ...before, watched, sinceMs };
  if (nowMs - sinceMs < rule.holdsMs) return withStanding(state, rule, standing);
  if (standing.raisedWallMs !== null && nowMs - standing.saidMs < rule.repeatMs)
    return withStanding(state, rule, standing);
  const raisedWallMs = standing.raisedWallMs ?? wallMs;
  const raised = { ...standing, raisedWallMs, saidMs: nowMs, said: standing.said + 1 };
  return say(
    withStanding(state, rule, raised),
    rule,
    rule.severity,
    rule.title,
    found.problem,
    raisedWallMs,
    String(raised.said),
    wallMs,
  );
}

const over = (state: State, rule: AlarmRule, raisedWallMs: number, wallMs: number): State =>
  say(
    state,
    rule,
    'info',
    `Over: ${rule.title}`,
    `It began at ${iso(raisedWallMs)}.`,
    raisedWallMs,
    'over',
    wallMs,
  );

const withStanding = (state: State, { id }: AlarmRule, standing: Standing): State => ({
  ...state,
  standings: new Map(state.standings).set(id, standing),
});

function say(
  state: State,
  { id }: AlarmRule,
  severity: NewNotification['severity'],
  title: string,
  body: string,
  raisedWallMs: number,
  which: string,
  wallMs: number,
): State {
  const notification: NewNotification = {
    notificationId: `alert:${id}:${raisedWallMs}:${which}`,
    topic: 'alerts',
    severity,
    title,
    body,
    collapseKey: `alert:${id}`,
    sourceWallMs: wallMs,
    createdWallMs: wallMs,
    expiresWallMs: wallMs + defaults.expiresMs,
  };
  return { ...state, unstored: new Map(state.unstored).set(notification.notificationId, notification) };
}

function store(state: State, ctx: Ctx<Msg>): State {
  const notifications = [...state.unstored.values()];
  if (notifications.length === 0) return state;
  const ids = notifications.map(({ notificationId }) => notificationId);
  ctx.ask(
    db.core,
    { type: 'create_notifications', notifications },
    { deadlineMs: defaults.askMs },
    (outcome) => ({
      type: 'stored',
      ids,
      answer: dbAnswer(outcome),
    }),
  );
  return state;
}

const iso = (wallMs: number): string =>
  `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export const alarms = (args: Pick<AlarmArgs, 'read'> & Partial<AlarmArgs>): ChildSpec =>
  child<State, Msg, AlarmArgs>({
    id: 'alarms',
    behavior: { init, handle },
    args: { rules, everyMs: defaults.everyMs, ...args },
    restart: 'permanent',
    mailbox: { capacity: 64 },
  });
