import { core } from '../actors/db-writes/core.js';
import type { DbThreads } from '../actors/db-writes/ports.js';
import { reader } from '../actors/db-writes/reader.js';
import { retention } from '../actors/db-writes/retention.js';
import type { RetentionArgs } from '../actors/db-writes/retention.js';
import { trades } from '../actors/db-writes/trades.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

/**
 * one_for_one: each driver has a thread and a connection of its own, and what it was asked is asked again. The order
 * counts at the first start only: core makes the file that the reader opens.
 *
 * @param kept what retention keeps; without it nothing is ever removed
 */
export const dbWrites = (threads: DbThreads, kept?: Partial<RetentionArgs>): ChildSpec =>
  supervisor('db-writes', { strategy: 'one_for_one', intensity: 6, periodMs: 120_000 }, [
    core(threads),
    trades(threads),
    reader(threads),
    ...(kept === undefined ? [] : [retention(kept)]),
  ]);
