/** What a random run consists of: a tree, and what is done to it. Generated and shrunk by fast-check. */
import fc from 'fast-check';
import type { ActorSpec, ExitReason, Restart, Shutdown, Strategy } from '../../runtime/index.js';
import { kill, normal, shutdown } from '../../runtime/index.js';

/** What a handler does with a message; `to` counts through all actors that there ever were. */
export type Act =
  | { readonly do: 'tell'; readonly to: number; readonly acts: readonly Act[]; readonly expiresInMs?: number }
  | { readonly do: 'ask'; readonly to: number; readonly acts: readonly Act[]; readonly deadlineMs: number }
  | {
      readonly do: 'timer';
      readonly key: number;
      readonly ms: number;
      readonly repeat: 'once' | 'rate' | 'delay';
    }
  | { readonly do: 'cancel'; readonly key: number }
  | { readonly do: 'monitor' | 'link' | 'unlink'; readonly to: number }
  | { readonly do: 'reply' | 'defer' | 'answer' | 'demonitor' | 'stop_child' | 'crash' | 'killed' }
  | { readonly do: 'trap'; readonly on: boolean }
  | { readonly do: 'register' | 'unregister'; readonly name: number }
  | { readonly do: 'pipe'; readonly ms: number }
  | { readonly do: 'spawn'; readonly leaf: Leaf }
  | { readonly do: 'slow'; readonly ms: number; readonly first: boolean }
  | { readonly do: 'exit'; readonly to: number; readonly reason: ExitReason }
  | { readonly do: 'stop'; readonly reason: ExitReason };

export interface Leaf {
  readonly restart: Restart;
  readonly shutdownMs: Shutdown;
  readonly capacity: number;
  readonly overflow: 'reject' | 'drop_oldest' | 'drop_newest' | 'conflate';
  readonly expiryMs: number | undefined;
  readonly onRestart: 'keep' | 'dead_letter';
  readonly attempts: number;
  readonly traps: boolean;
  readonly terminates: boolean;
  /** The incarnation whose init answers `ignore`; 0 for none. */
  readonly ignores: number;
  /** How long an init, but the first, and a terminate take; undefined for no time at all. */
  readonly initMs: number | undefined;
  readonly terminateMs: number | undefined;
  readonly delaysMs: NonNullable<ActorSpec<never, never, never>['backoff']> | undefined;
}

export interface Branch {
  readonly strategy: Strategy | 'dynamic';
  readonly intensity: number;
  readonly periodMs: number;
  readonly restart: Restart;
  readonly children: readonly (Leaf | Branch)[];
}

/** What is done from outside. `whom` counts through the processes of a kind that exist then. */
export type Command =
  | {
      readonly type: 'tell' | 'offer';
      readonly to: number;
      readonly acts: readonly Act[];
      readonly expiresInMs?: number;
    }
  | { readonly type: 'ask'; readonly to: number; readonly acts: readonly Act[]; readonly deadlineMs: number }
  | { readonly type: 'flood'; readonly to: number; readonly messages: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'kill' | 'kill_supervisor' | 'suspend' | 'resume'; readonly whom: number }
  | { readonly type: 'exit'; readonly whom: number; readonly reason: ExitReason }
  | { readonly type: 'terminate' | 'restart' | 'delete'; readonly whom: number; readonly child: number }
  | { readonly type: 'start'; readonly whom: number; readonly leaf: Leaf }
  | { readonly type: 'census' };

export interface Plan {
  readonly seed: number;
  readonly faults: number;
  readonly root: Branch;
  readonly commands: readonly Command[];
}

const restart = fc.constantFrom<Restart>('permanent', 'permanent', 'permanent', 'transient', 'temporary');
const reason = fc.constantFrom<ExitReason>(
  normal,
  normal,
  shutdown,
  kill,
  { kind: 'error', error: 'told so' },
  { kind: 'error', error: 'told so' },
);
const index = fc.nat(31);

const leaf: fc.Arbitrary<Leaf> = fc.record({
  restart,
  shutdownMs: fc.constantFrom<Shutdown>(5, 50, 500, 'infinity', 'brutal_kill'),
  capacity: fc.constantFrom(1, 2, 4, 8, 8),
  overflow: fc.constantFrom<Leaf['overflow']>('reject', 'reject', 'drop_oldest', 'drop_newest', 'conflate'),
  expiryMs: fc.constantFrom(undefined, undefined, undefined, 20),
  onRestart: fc.constantFrom<Leaf['onRestart']>('keep', 'keep', 'dead_letter'),
  attempts: fc.constantFrom(1, 1, 3),
  traps: fc.boolean(),
  terminates: fc.boolean(),
  ignores: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 2),
  initMs: fc.constantFrom(undefined, undefined, undefined, undefined, 3, 1_500),
  terminateMs: fc.constantFrom(undefined, undefined, undefined, 3, 300),
  delaysMs: fc.constantFrom(undefined, undefined, { delaysMs: [1, 20] }, { delaysMs: [10], jitter: 0.5 }),
});

const branch = (children: fc.Arbitrary<readonly (Leaf | Branch)[]>): fc.Arbitrary<Branch> =>
  fc.record({
    strategy: fc.constantFrom<Branch['strategy']>('one_for_one', 'one_for_all', 'rest_for_one', 'dynamic'),
    intensity: fc.integer({ min: 0, max: 6 }),
    periodMs: fc.constantFrom(200, 1_000),
    restart,
    children,
  });

const leaves = fc.array(leaf, { minLength: 2, maxLength: 6, size: 'max' });
const twigs = fc.array(fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: branch(leaves) }), {
  minLength: 2,
  maxLength: 6,
  size: 'max',
});
const root = fc.record<Branch>({
  strategy: fc.constantFrom('one_for_one', 'one_for_one', 'one_for_all', 'rest_for_one'),
  intensity: fc.constantFrom(20, 40),
  periodMs: fc.constant(1_000),
  restart: fc.constant('permanent'),
  children: fc.array(fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 2, arbitrary: branch(twigs) }), {
    minLength: 4,
    maxLength: 6,
    size: 'max',
  }),
});

/** Most handlers send something; few end their actor. */
const { acts } = fc.letrec<{ acts: readonly Act[]; act: Act }>((tie) => ({
  acts: fc.array(tie('act'), { maxLength: 4, depthIdentifier: 'acts', size: 'max' }),
  act: fc.oneof(
    { depthIdentifier: 'acts', maxDepth: 3 },
    { weight: 3, arbitrary: fc.constant<Act>({ do: 'reply' }) },
    {
      weight: 14,
      arbitrary: fc.record(
        { do: fc.constant('tell' as const), to: index, acts: tie('acts'), expiresInMs: fc.nat(40) },
        { requiredKeys: ['do', 'to', 'acts'] },
      ),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('ask' as const),
        to: index,
        acts: tie('acts'),
        deadlineMs: fc.integer({ min: 1, max: 60 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('timer' as const),
        key: fc.nat(2),
        ms: fc.integer({ min: 1, max: 50 }),
        repeat: fc.constantFrom('once' as const, 'once' as const, 'rate' as const, 'delay' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), key: fc.nat(2) }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'monitor' as const,
          'monitor' as const,
          'monitor' as const,
          'monitor' as const,
          'link' as const,
          'unlink' as const,
        ),
        to: index,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'reply' as const,
          'defer' as const,
          'answer' as const,
          'demonitor' as const,
          'demonitor' as const,
          'stop_child' as const,
          'crash' as const,
          'killed' as const,
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('trap' as const), on: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('register' as const, 'register' as const, 'unregister' as const),
        name: fc.nat(2),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pipe' as const), ms: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('spawn' as const), leaf }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('slow' as const), ms: fc.nat(60), first: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('exit' as const), to: index, reason }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), reason }) },
  ),
}));

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('tell' as const, 'tell' as const, 'offer' as const),
        to: index,
        acts,
        expiresInMs: fc.nat(40),
      },
      { requiredKeys: ['type', 'to', 'acts'] },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('ask' as const),
      to: index,
      acts,
      deadlineMs: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('flood' as const),
      to: index,
      messages: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('pass' as const),
      ms: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(200) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'kill' as const,
        'kill_supervisor' as const,
        'suspend' as const,
        'resume' as const,
      ),
      whom: index,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('exit' as const), whom: index, reason }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('terminate' as const, 'restart' as const, 'delete' as const),
      whom: index,
      child: fc.nat(5),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('start' as const), whom: index, leaf }) },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'census' }) },
);

/** About twenty actors and two hundred messages. */
export const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer(),
  faults: fc.constantFrom(0, 5, 20),
  root,
  commands: fc.array(command, { minLength: 110, maxLength: 280, size: 'max' }),
});
