/**
 * What the dispatcher wants of the core store, one verb at a time and in order: each is repeatable, so whatever the
 * weather or a lost answer, the head of the list is simply asked again until it is answered.
 */
import type { Ctx } from '../kernel/behavior.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import type { CoreMsg, DbAnswer } from '../../protocols/db-writes.js';
import type { ReplyOf } from '../../protocols/name.js';

export type Chore = Extract<
  CoreMsg,
  {
    readonly type:
      | 'register_boot'
      | 'recover'
      | 'dispatch_settings'
      | 'lease_due'
      | 'return_leases'
      | 'expire_overdue'
      | 'apply_failure';
  }
>;

/** A chore with its own answer. */
export type ChoreAnswered = {
  readonly [C in Chore as C['type']]: {
    readonly type: 'chore_answered';
    readonly of: C['type'];
    readonly chore: C;
    readonly answer: Extract<ReplyOf<C>, DbAnswer<unknown>>;
  };
}[Chore['type']];

export function askChore(ctx: Ctx<ChoreAnswered>, chore: Chore, deadlineMs: number): void {
  // The compiler does not carry the pair of verb and answer through a union; the store's table does.
  ctx.ask(db.core, chore as Extract<Chore, { type: 'recover' }>, { deadlineMs }, (outcome) => {
    const answer: DbAnswer<unknown> = dbAnswer(outcome);
    return { type: 'chore_answered', of: chore.type, chore, answer } as ChoreAnswered;
  });
}
