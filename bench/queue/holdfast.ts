/** The store of this project alone: submits, leases and acks on the core file's writer thread, synchronous FULL. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome } from '../../storage/thread/messages.js';
import { insertBoot } from '../../storage/tables/boots.js';
import { leaseDue } from '../../storage/tables/leases.js';
import { countRequests } from '../../storage/tables/request-counts.js';
import type { NewRequest } from '../../storage/tables/requests.js';
import { submitRequests } from '../../storage/tables/requests.js';
import { applySuccess } from '../../storage/tables/results.js';
import type { NewResult } from '../../storage/tables/results.js';
import { insertStrategy } from '../../storage/tables/strategies.js';
import { openWriter } from '../../storage/writer/client.js';
import { rowsOf } from '../../storage/statement.js';
import { payload } from './contender.js';
import type { OpenContender } from './contender.js';

const entry = fileURLToPath(new URL('../../storage/writer/thread.js', import.meta.url));

/** As the dispatcher does it: so many in one submit, in one lease, and transactions under way. */
const submitAtOnce = 500;
const submitsUnderWay = 8;
const leaseAtOnce = 256;
const lanes = 3;

const bootId = 'bench';

function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
}

const request = (number: number): NewRequest => ({
  request_id: `request-${number}`,
  idempotency_key: `key-${number}`,
  kind: 'backtest',
  strategy_id: 's',
  window_id: null,
  priority: 100,
  payload_version: 1,
  payload_json: payload,
  attempts_max: 4,
  due_wall_ms: 1,
  submitted_wall_ms: 1,
  expires_wall_ms: 4e12,
});

const result = (attemptId: string): NewResult => ({
  attempt_id: attemptId,
  trades: 1,
  wins: 1,
  losses: 0,
  pnl: 1,
  sharpe: 1,
  sortino: null,
  max_drawdown: 0,
  win_rate: 100,
  profit_factor: null,
  adjusted_sharpe: null,
  sharpe_ci_lower: null,
  raw_json: '{}',
  first_s: null,
  last_s: null,
  bars: null,
  data_hash: null,
  trades_count: null,
  trades_hash: null,
  applied_wall_ms: 2,
});

export const holdfast: OpenContender = async ({ folder }) => {
  const writer = await openWriter({ file: path.join(folder, 'core.db'), kind: 'core', entry });
  const strategy = insertStrategy({
    strategy_id: 's',
    name: 's',
    symbol: null,
    timeframe_minutes: 60,
    indicator_type: 'sma',
    logic_json: '{}',
    claimed_rank: null,
    environment: 'test',
    approximated: 0,
    approximations_json: null,
    source: 'bench',
    foreign_hash: null,
    imported_wall_ms: 1,
  });
  const boot = insertBoot({ boot_id: bootId, started_wall_ms: 1, pid: process.pid });
  const begun = await writer.commit({ statements: [boot, ...strategy.statements] });
  if (!begun.ok) throw new Error(begun.error.message);
  let requests = 0;
  let attempts = 0;

  const submit = async (count: number): Promise<void> => {
    const rows = Array.from({ length: count }, () => request(requests++));
    for (const { disposition } of must(await writer.run(submitRequests(rows))))
      if (disposition !== 'accepted') throw new Error(`a request was ${disposition}`);
  };

  /** @returns how many there were */
  const leaseAndAck = async (count: number, handle: () => void): Promise<number> => {
    const attemptIds = Array.from({ length: count }, () => `attempt-${attempts++}`);
    const leased = must(
      await writer.run(
        leaseDue({ attemptIds, bootId, backend: 'bench', wallMs: 10, longestWaiting: count >> 3 }),
      ),
    );
    const acks = leased.map(({ attempt_id: id }) => {
      handle();
      return writer.run(applySuccess(result(id), '{}'));
    });
    for (const ack of await Promise.all(acks))
      if (must(ack).disposition !== 'applied') throw new Error('an ack was not applied');
    return leased.length;
  };

  return {
    name: 'holdfast store',
    durability: 'power cut (FULL)',
    enqueue: async (jobs) => {
      let left = jobs;
      const lane = async (): Promise<void> => {
        while (left > 0) {
          const count = Math.min(submitAtOnce, left);
          left -= count;
          await submit(count);
        }
      };
      await Promise.all(Array.from({ length: submitsUnderWay }, lane));
    },
    process: async (jobs) => {
      let handled = 0;
      const lane = async (): Promise<void> => {
        while ((await leaseAndAck(leaseAtOnce, () => handled++)) > 0);
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      if (handled !== jobs) throw new Error(`handled ${handled} of ${jobs}`);
    },
    wakeUps: async (jobs) => {
      const waits: number[] = [];
      for (let job = 0; job < jobs; job += 1) {
        const begunMs = performance.now();
        await submit(1);
        await leaseAndAck(1, () => waits.push(performance.now() - begunMs));
      }
      return waits;
    },
    done: async () => {
      const counting = countRequests({});
      const counted = await writer.commit({ statements: [counting] });
      if (!counted.ok) throw new Error(counted.error.message);
      const rows = rowsOf(counting, counted.results[0]);
      return rows.filter(({ state }) => state === 'succeeded').reduce((sum, { count }) => sum + count, 0);
    },
    close: () => writer.close(),
  };
};
