/** One pool in a tree of its own, asked as its users ask it. */
import path from 'node:path';
import {
  describeReason,
  name,
  startTree,
  supervisor,
  workerChild,
  workerPool,
  workerThread,
  type Ref,
  type System,
  type TreeInfo,
  type Work,
  type WorkerAnswer,
  type WorkerCounts,
  type WorkerPoolMsg,
  type WorkerPoolOptions,
} from '../../runtime/index.js';

export const entry = path.resolve('tests/workers/entries/bad-worker.mjs');

/** What the worker of the tests can be told to do; see its entry. */
export type Way = { readonly way: string } & Readonly<Record<string, unknown>>;

export const kinds = {
  thread: workerThread({ entry }),
  child: workerChild({ entry }),
} as const;

export interface Rig {
  readonly system: System;
  /** Why processes of the tree ended. */
  readonly said: string[];
  readonly driver: Ref<never>;
  /** Keys of requests that workers hold, as their drivers count them. */
  readonly held: () => readonly string[];
  readonly ask: (request: Way, more?: Partial<Work<Way>>) => Promise<WorkerAnswer<unknown>>;
  readonly counts: () => Promise<WorkerCounts>;
  /** The pid of the process that the worker runs in. */
  readonly pid: () => Promise<number>;
}

/** Deaths are what these tests are about, so they are cheap here. */
const restart = { intensity: 1_000, periodMs: 60_000, delaysMs: [1] };

export async function rig(options: Partial<WorkerPoolOptions<Way, unknown>> = {}): Promise<Rig> {
  const address = name<WorkerPoolMsg<Way>>('pool');
  const pool = workerPool<Way, unknown>({
    id: 'pool',
    name: address,
    size: 1,
    worker: kinds.thread,
    requestMs: 10_000,
    restart,
    ...options,
  });
  const root = supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [pool]);
  const said: string[] = [];
  const system = await startTree(root, {
    subscribers: [
      (event) => {
        if (event.type === 'exited') said.push(describeReason(event.reason));
      },
    ],
  });
  const driver = system.find('root/pool/crew/worker-1');
  if (driver === undefined) throw new Error('there is no driver');
  const outcomeOf = async <T>(outcome: Promise<{ ok: true; value: T } | { ok: false }>): Promise<T> => {
    const settled = await outcome;
    if (!settled.ok) throw new Error(`the pool did not answer: ${JSON.stringify(settled)}`);
    return settled.value;
  };
  const self: Rig = {
    system,
    said,
    driver,
    held: () => (crew(system)?.children ?? []).flatMap(({ timers }) => timers.filter(isOfRequest)),
    ask: (request, more = {}) =>
      outcomeOf(system.ask(address, { type: 'work', request, ...more }, { deadlineMs: 60_000 })),
    counts: () => outcomeOf(system.ask(address, { type: 'worker_counts' }, { deadlineMs: 1_000 })),
    async pid() {
      const answer = await self.ask({ way: 'who' });
      return answer.ok ? Number(answer.value) : -1;
    },
  };
  return self;
}

const isOfRequest = (timer: string): boolean => timer.startsWith('request');

const crew = (system: System): TreeInfo | undefined =>
  system.tree().children[0]?.children.find(({ id }) => id === 'crew');

/** Whether a process lives; one that is dead and not yet waited for counts as living. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Looks again until it is so. @throws when it is not within `ms` */
export async function until(what: string, isSo: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
