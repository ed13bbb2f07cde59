import { performance } from 'node:perf_hooks';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { payload } from './shared.mjs';

const logger = new Logger(() => () => undefined);

export default async ({ url }) => {
  const pool = new pg.Pool({ connectionString: url, max: 12 });
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  await utils.migrate();
  let done = 0;
  const work = async (concurrentJobs, onJob) =>
    run({
      pgPool: pool,
      logger,
      noHandleSignals: true,
      taskList: { noop: async () => onJob() },
      preset: {
        worker: { concurrentJobs, localQueue: { size: 200 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
      },
    });
  const waiting = async () => {
    const { rows } = await pool.query('select count(*)::int as n from graphile_worker.jobs');
    return rows[0].n;
  };
  return {
    name: 'graphile-worker',
    durability: 'power cut (PostgreSQL)',
    async enqueue(jobs) {
      for (let left = jobs; left > 0; left -= 1_000)
        await pool
          .query(
            'select graphile_worker.add_jobs(array(select row($1, $2::json, null, null, null, null, null, null)::graphile_worker.job_spec from generate_series(1, $3::int)))',
            ['noop', JSON.stringify({ payload }), Math.min(1_000, left)],
          )
          .catch(async () => {
            for (let at = 0; at < Math.min(1_000, left); at += 1) await utils.addJob('noop', { payload });
          });
    },
    async process(jobs) {
      let handled = 0;
      let finish;
      const finished = new Promise((resolve) => {
        finish = resolve;
      });
      const runner = await work(10, () => {
        handled += 1;
        if (handled === jobs) finish();
      });
      await finished;
      while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
      await runner.stop();
      done += handled;
    },
    async wakeUps(jobs) {
      const waits = [];
      let heard = () => undefined;
      const runner = await work(1, () => heard());
      for (let job = 0; job < jobs; job += 1) {
        const begunMs = performance.now();
        await new Promise((resolve) => {
          heard = resolve;
          void utils.addJob('noop', { payload });
        });
        waits.push(performance.now() - begunMs);
      }
      while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
      await runner.stop();
      done += jobs;
      return waits;
    },
    async done() {
      if ((await waiting()) !== 0) throw new Error('graphile-worker still has jobs');
      return done;
    },
    async close() {
      await utils.release();
      await pool.end();
    },
  };
};
