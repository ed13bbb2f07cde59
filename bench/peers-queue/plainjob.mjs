import { performance } from 'node:perf_hooks';
import path from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue, defineWorker, JobStatus } from 'plainjob';
import { payload, silent, workUntil } from './shared.mjs';

export default async ({ folder }) => {
  const connection = better(new Database(path.join(folder, 'plainjob.db')));
  const queue = defineQueue({ connection, logger: silent });
  let done = 0;
  return {
    name: 'plainjob',
    durability: 'process crash (NORMAL)',
    async enqueue(jobs) {
      for (let left = jobs; left > 0; left -= 1_000)
        queue.addMany(
          'noop',
          Array.from({ length: Math.min(1_000, left) }, () => payload),
        );
    },
    async process(jobs) {
      let handled = 0;
      await workUntil((finish) => {
        const workers = Array.from({ length: 10 }, () =>
          defineWorker(
            'noop',
            async () => {
              handled += 1;
              if (handled === jobs) finish();
            },
            { queue, logger: silent, pollIntervall: 50 },
          ),
        );
        for (const worker of workers) void worker.start();
        return () => Promise.all(workers.map((worker) => worker.stop()));
      });
      done += handled;
    },
    async wakeUps(jobs) {
      const waits = [];
      let heard;
      const worker = defineWorker('noop', async () => heard(), { queue, logger: silent, pollIntervall: 50 });
      void worker.start();
      for (let job = 0; job < jobs; job += 1) {
        const begunMs = performance.now();
        await new Promise((resolve) => {
          heard = resolve;
          queue.add('noop', payload);
        });
        waits.push(performance.now() - begunMs);
      }
      await worker.stop();
      done += jobs;
      return waits;
    },
    async done() {
      const counted = queue.countJobs({ status: JobStatus.Done });
      if (counted !== done) throw new Error(`plainjob counts ${counted} of ${done} as done`);
      return counted;
    },
    async close() {
      queue.close();
    },
  };
};
