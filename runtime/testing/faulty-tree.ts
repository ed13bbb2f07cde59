import type { Alarm } from '../../actors/kernel/capabilities.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import { FaultInjected } from './fault-plan.js';
import type { FaultPlan, FaultPoint } from './fault-plan.js';
import { reworked } from './reworked-tree.js';
import type { AnyBehavior } from './reworked-tree.js';

type Step = () => unknown;

/**
 * The same tree, with handlers, inits and terminates that fail or take their time when the plan says so.
 *
 * @param alarm whose time slow handlers take and full mailboxes last: the simulation host's
 */
export function withFaults<Msg>(spec: ChildSpec<Msg>, plan: FaultPlan, alarm: Alarm): ChildSpec<Msg> {
  const later = (ms: number, ring: () => void): void => void alarm.set(ms, ring);
  return reworked(spec, (behavior, room) => {
    const { capacity } = room;
    const fill = (): void => {
      room.capacity = 1;
      const end = plan.untilHealed(() => {
        room.capacity = capacity;
      });
      later(lasting(plan), end);
    };
    const handler = (path: string, work: Step): unknown => {
      if (!plan.armed) return work();
      if (room.capacity > 1 && plan.strikes('mailbox_full', () => path)) fill();
      if (plan.strikes('crash_in_handler', () => path)) return crashed(plan, 'crash_in_handler', work);
      if (plan.strikes('slow_handler', () => path)) return slow(plan, later, work);
      return work();
    };
    const faulty: AnyBehavior = {
      init: (args, ctx) => {
        const work = (): unknown => behavior.init(args, ctx);
        return plan.strikes('crash_in_init', () => ctx.path) ? crashed(plan, 'crash_in_init', work) : work();
      },
      handle: (state, message, ctx) => handler(ctx.path, () => behavior.handle(state, message, ctx)),
    };
    if (behavior.signal !== undefined)
      faulty.signal = (state, arrived, ctx) =>
        handler(ctx.path, () => behavior.signal?.(state, arrived, ctx));
    if (behavior.terminate !== undefined)
      faulty.terminate = (state, reason, ctx) => {
        const work = (): void | Promise<void> => behavior.terminate?.(state, reason, ctx);
        if (!plan.strikes('crash_in_terminate', () => ctx.path)) return work();
        return crashed(plan, 'crash_in_terminate', work) as Promise<void>;
      };
    return faulty;
  });
}

const lasting = (plan: FaultPlan): number => 1 + Math.floor(plan.draw() * plan.slowMsMax);

/** Before the work nothing was asked for; behind it everything was, and must be as if it were not. */
function crashed(plan: FaultPlan, point: FaultPoint, work: Step): unknown {
  const fail = (when: string): never => {
    throw new FaultInjected(point, when);
  };
  if (plan.draw() < 0.5) fail('before it did anything');
  const done = work();
  // What waits for something crashes when that is over, so that none of it goes on behind the crash.
  return done instanceof Promise
    ? done.then(() => fail('when its work was done'))
    : fail('when its work was done');
}

function slow(plan: FaultPlan, later: (ms: number, ring: () => void) => void, work: Step): Promise<unknown> {
  const ms = lasting(plan);
  const passed = (): Promise<void> => new Promise((resolve) => later(ms, resolve));
  return plan.draw() < 0.5 ? passed().then(work) : Promise.resolve(work()).finally(passed);
}
