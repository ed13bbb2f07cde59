import { performance } from 'node:perf_hooks';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { payload, workUntil } from './shared.mjs';

export default async ({ url }) => {
  const { hostname, port } = new URL(url);
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue('noop', { connection });
  const events = new QueueEvents('noop', { connection });
  await events.waitUntilReady();
  return {
    name: 'BullMQ',
    durability: 'up to 1 s lost (AOF everysec)',
    async enqueue(jobs) {
      for (let left = jobs; left > 0; left -= 1_000)
        await queue.addBulk(
          Array.from({ length: Math.min(1_000, left) }, () => ({ name: 'noop', data: { payload } })),
        );
    },
    async process(jobs) {
      let handled = 0;
      await workUntil((finish) => {
        const worker = new Worker('noop', async () => undefined, { connection, concurrency: 10 });
        worker.on('completed', () => {
          handled += 1;
          if (handled === jobs) finish();
        });
        return () => worker.close();
      });
    },
    async wakeUps(jobs) {
      const waits = [];
      let heard;
      const worker = new Worker('noop', async () => heard(), { connection, concurrency: 1 });
      await worker.waitUntilReady();
      for (let job = 0; job < jobs; job += 1) {
        const begunMs = performance.now();
        await new Promise((resolve) => {
          heard = resolve;
          void queue.add('noop', { payload });
        });
        waits.push(performance.now() - begunMs);
      }
      await worker.close();
      return waits;
    },
    done: () => queue.getCompletedCount(),
    async close() {
      await events.close();
      await queue.close();
    },
  };
};
