import { Berth } from '../actors/workers/berth.js';
import { workerDriver } from '../actors/workers/driver.js';
import type { PoolMsg } from '../actors/workers/messages.js';
import { workerPoolDesk } from '../actors/workers/pool.js';
import type { WorkerPortFactory } from '../actors/workers/port.js';
import { InvalidSpec, type ChildSpec } from '../actors/kernel/child-spec.js';
import type { Name } from '../protocols/name.js';
import type { WorkerNotice, WorkerPoolMsg } from '../protocols/workers.js';
import { supervisor } from './kernel/supervisor-spec.js';

export const workerPoolDefaults = {
  inFlightMax: 1,
  queueMax: 1_000,
  queueBytesMax: 64 * 1024 * 1024,
  queueMs: 600_000,
  startMs: 30_000,
  waitForReady: false,
  killMs: 5_000,
  attemptsMax: 2,
  answerBytesMax: 64 * 1024 * 1024,
  restart: { intensity: 10, periodMs: 60_000, delaysMs: [20, 100, 500, 2_000] },
} as const;

export interface WorkerPoolOptions<Req, Res> {
  readonly id: string;
  /** Where requests are sent: `ctx.ask(name, { type: 'work', request }, …)`. */
  readonly name: Name<WorkerPoolMsg<Req, Res>>;
  readonly size: number;
  /** `workerThread(…)`, `workerChild(…)`, or a port of your own. */
  readonly worker: WorkerPortFactory;
  /** From when a worker has a request to its answer; then the worker is killed. */
  readonly requestMs: number;
  /** Requests that one worker holds at once. A kill costs all of them. @defaultValue 1 */
  readonly inFlightMax?: number;
  /** Requests that may wait for a worker. @defaultValue 1000 */
  readonly queueMax?: number;
  /** What those may weigh, as their askers say. @defaultValue 64 MiB */
  readonly queueBytesMax?: number;
  /** How long one may wait. @defaultValue 10 minutes */
  readonly queueMs?: number;
  /** From a worker's start until it is ready. @defaultValue 30 s */
  readonly startMs?: number;
  /** Whether the pool is up only once all of its workers are, and fails to start when one cannot. @defaultValue false */
  readonly waitForReady?: boolean;
  /** From a kill until the worker must be gone. @defaultValue 5 s */
  readonly killMs?: number;
  /** Attempts of a repeatable request that its workers do not survive. @defaultValue 2 */
  readonly attemptsMax?: number;
  /** Longest answer or notice. @defaultValue 64 MiB */
  readonly answerBytesMax?: number;
  /** An answer that does not pass is a lie, and its worker is killed. @defaultValue none is looked at */
  readonly isAnswer?: (value: unknown) => value is Res;
  /** Whether workers may say something unasked, to whom, and how often. @defaultValue they may not */
  readonly notices?: { readonly to: Name<WorkerNotice>; readonly perSecondMax: number };
  /** Deaths of workers, all together, and the waits before their successors. @defaultValue 10 in 60 s */
  readonly restart?: {
    readonly intensity: number;
    readonly periodMs: number;
    readonly delaysMs: readonly number[];
  };
}

/**
 * Workers that may hang, die, lie or flood, and the desk that everybody asks instead of them.
 *
 * rest_for_one: workers hold what the desk gave them, so without it they begin anew; the desk does without any of them.
 * It allows no restart of its own, because levels multiply: a crew that gave up, or a bug in the desk, is for whoever
 * stands above the pool.
 *
 * @throws InvalidSpec for a number that makes no sense
 */
export function workerPool<Req, Res>(options: WorkerPoolOptions<Req, Res>): ChildSpec {
  const given = { ...workerPoolDefaults, ...options };
  check(given);
  const { id, worker, startMs, waitForReady, killMs, inFlightMax, answerBytesMax, restart } = given;
  const name = given.name as Name<PoolMsg>;
  const isAnswer: (value: unknown) => boolean = given.isAnswer ?? (() => true);
  const notices = given.notices ?? null;
  const berths = Array.from({ length: given.size }, (_, index) => new Berth(index + 1));
  const { requestMs, queueMax, queueBytesMax, queueMs, attemptsMax } = given;
  const desk = { berths, inFlightMax, requestMs, killMs, queueMax, queueBytesMax, queueMs, attemptsMax };
  const drivers = berths.map((berth) =>
    workerDriver({
      ...{
        pool: name,
        poolId: id,
        berth,
        worker,
        startMs,
        waitForReady,
        killMs,
        answerBytesMax,
        isAnswer,
        notices,
      },
      ...{ inFlightMax, backoff: { delaysMs: restart.delaysMs } },
    }),
  );
  return supervisor(id, { strategy: 'rest_for_one', intensity: 0, periodMs: 60_000 }, [
    workerPoolDesk(name, { ...desk, mailboxCapacity: queueMax + 64 }),
    // one_for_one: workers share nothing.
    supervisor('crew', { strategy: 'one_for_one', ...intensityOf(restart) }, drivers),
  ]);
}

const intensityOf = ({ intensity, periodMs }: { intensity: number; periodMs: number }) => ({
  intensity,
  periodMs,
});

const wholeFrom1 = ['size', 'inFlightMax', 'queueMax', 'attemptsMax'] as const;
const times = ['requestMs', 'queueMs', 'startMs', 'killMs'] as const;

function check(
  given: Readonly<Record<(typeof wholeFrom1)[number] | (typeof times)[number], number>> & { id: string },
) {
  for (const key of wholeFrom1)
    if (!Number.isInteger(given[key]) || given[key] < 1)
      throw new InvalidSpec(`${given.id}: ${key}: expected a whole number from 1, got ${given[key]}`);
  for (const key of times)
    if (!(given[key] > 0 && given[key] < 2 ** 30))
      throw new InvalidSpec(`${given.id}: ${key}: expected 1 to 2^30 ms, got ${given[key]}`);
}
