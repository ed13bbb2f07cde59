import type { DeadLetterFeed } from '../../actors/dead-letters/feed.js';
import type { FactSource } from '../../actors/operations/ports.js';
import type { AskOutcome } from '../../actors/kernel/behavior.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { LinkStanding } from '../../protocols/backtest-dispatch.js';
import { names as db, dbAnswer } from '../../protocols/db-writes.js';
import type { DbAnswer, WriterStanding } from '../../protocols/db-writes.js';
import { names as letters } from '../../protocols/dead-letters.js';
import type { LetterCounts } from '../../protocols/dead-letters.js';
import { names as notifier } from '../../protocols/notifier.js';
import { names as pairs } from '../../protocols/pair-overlay.js';
import { countsSource } from '../../protocols/operations.js';
import type { Counts } from '../../protocols/operations.js';
import type { PipelinePaths } from '../node/paths.js';
import { overlaySource, poolsSource } from '../node/http-metrics-pools.js';
import type { OverlayFacts } from '../node/http-metrics-pools.js';
import { storeBytes, storesSource } from '../node/store-metrics.js';
import type { StoreFacts } from '../node/store-metrics.js';
import type { System } from '../system.js';
import { kpisSource, readKpis } from './kpis.js';
import { bypasses } from './lot.js';
import { readPools } from './pool-standings.js';

/** How often the stores are asked, how long that may take, and over which time latencies are shown. */
const limits = {
  everyMs: 2_000,
  kpisEveryMs: 10_000,
  askMs: 1_500,
  latencyWindowMs: 24 * 3_600_000,
} as const;

/** What operations asks for its figures. */
export function factSources(
  system: () => System | undefined,
  clock: Clock,
  feed: DeadLetterFeed,
  paths: PipelinePaths,
): readonly FactSource[] {
  const running = (): System => {
    const found = system();
    if (found === undefined) throw new Error('the tree is starting');
    return found;
  };
  return [
    { id: countsSource, everyMs: limits.everyMs, read: () => readCounts(running(), clock) },
    { id: 'dispatch', everyMs: limits.everyMs, read: () => readDispatch(running()) },
    { id: storesSource, everyMs: limits.everyMs, read: () => readStores(running(), paths) },
    { id: kpisSource, everyMs: limits.kpisEveryMs, read: () => readKpis(running(), clock.wallMs()) },
    { id: 'link', everyMs: limits.everyMs, read: () => readLink(running()) },
    { id: 'letters', everyMs: limits.everyMs, read: () => readLetters(running()) },
    { id: 'notifier', everyMs: limits.everyMs, read: () => readNotifier(running()) },
    { id: 'pairs', everyMs: limits.everyMs, read: () => readPairs(running()) },
    { id: poolsSource, everyMs: limits.everyMs, read: () => readPools(running(), limits.askMs) },
    { id: overlaySource, everyMs: limits.everyMs, read: () => readOverlay(running()) },
    { id: 'dead-letter-feed', everyMs: limits.everyMs, read: () => readFeed(feed) },
  ];
}

async function readCounts(system: System, clock: Clock): Promise<Counts> {
  const options = { deadlineMs: limits.askMs };
  const sinceWallMs = clock.wallMs() - limits.latencyWindowMs;
  const [requests, latencies, ranks, stored] = await Promise.all([
    system.ask(db.reader, { type: 'request_counts' }, options).then(valueOf),
    system.ask(db.reader, { type: 'latencies', sinceWallMs }, options).then(valueOf),
    system.ask(db.reader, { type: 'rank_counts' }, options).then(valueOf),
    keptLetters(system),
  ]);
  return { requests, latencies, ranks, deadLettersKept: stored };
}

/** Letters that nobody has dealt with; null when their store does not answer. */
export async function keptLetters(system: System): Promise<number | null> {
  const counted = dbAnswer(
    await system.ask(letters.deadLetters, { type: 'count' }, { deadlineMs: limits.askMs }),
  );
  if (!counted.ok) return null;
  const kept = counted.value.stored.filter(({ state }) => state === 'kept');
  return kept.reduce((sum, { count }) => sum + count, counted.value.waiting);
}

async function readStores(system: System, paths: PipelinePaths): Promise<StoreFacts> {
  const options = { deadlineMs: limits.askMs };
  const standing = (outcome: AskOutcome<WriterStanding>): WriterStanding => {
    if (!outcome.ok) throw new Error(`a store did not answer: ${outcome.reason.type}`);
    return outcome.value;
  };
  const question = { type: 'writer_standing' } as const;
  const [core, trades, removed, bytes] = await Promise.all([
    system.ask(db.core, question, options).then(standing),
    system.ask(db.trades, question, options).then(standing),
    system.ask(db.reader, { type: 'removed_counts' }, options).then(valueOf),
    storeBytes(paths),
  ]);
  return { writers: { core, trades }, removed, bytes };
}

async function readDispatch(system: System): Promise<unknown> {
  const outcome = await system.ask(dispatch.dispatcher, { type: 'status' }, { deadlineMs: limits.askMs });
  if (!outcome.ok) throw new Error(`the dispatcher did not answer: ${outcome.reason.type}`);
  return outcome.value;
}

async function readLink(system: System): Promise<LinkStanding> {
  const outcome = await system.ask(
    dispatch.backendLink,
    { type: 'link_standing' },
    { deadlineMs: limits.askMs },
  );
  if (!outcome.ok) throw new Error(`the link to the backend did not answer: ${outcome.reason.type}`);
  return outcome.value;
}

const readLetters = (system: System): Promise<LetterCounts> =>
  system.ask(letters.deadLetters, { type: 'count' }, { deadlineMs: limits.askMs }).then(valueOf);

async function readNotifier(system: System): Promise<unknown> {
  const outcome = await system.ask(
    notifier.desk,
    { type: 'notifier_standing' },
    { deadlineMs: limits.askMs },
  );
  if (!outcome.ok) throw new Error(`the notifier did not answer: ${outcome.reason.type}`);
  return outcome.value;
}

async function readPairs(system: System): Promise<unknown> {
  const outcome = await system.ask(pairs.activation, { type: 'pair_standing' }, { deadlineMs: limits.askMs });
  if (!outcome.ok) throw new Error(`the pair overlay did not answer: ${outcome.reason.type}`);
  return outcome.value;
}

/** Counted where lots are asked for, so it is known whatever the overlay itself can say. */
const readOverlay = (system: System): Promise<OverlayFacts> =>
  Promise.resolve({ bypasses: bypasses(system) });

/** What a full mailbox refused waits for the next dead letter; this look sends it on without one. */
function readFeed(feed: DeadLetterFeed): Promise<unknown> {
  feed.flush();
  return Promise.resolve({ waiting: feed.waiting, dropped: feed.dropped });
}

function valueOf<T>(outcome: AskOutcome<DbAnswer<T>>): T {
  const answer = dbAnswer(outcome);
  if (!answer.ok) throw new Error(`${answer.message} (${answer.code})`);
  return answer.value;
}
