/** Another program holds the database of a daemon for longer than its patience: seen from outside. HOLDFAST_LONG=1: ten seconds. */
import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';
import { daemonPlace, until } from './place.js';

const lockMs = process.env['HOLDFAST_LONG'] === undefined ? 6_500 : 10_000;

test(
  'a lock that another program holds is red, waited out by the job, and holds up nobody else',
  async () => {
    const place = daemonPlace();
    place.configure({});
    const running = place.start();
    try {
      await running.said(/page: http/);
      const other = new Database(place.db);
      other.exec('BEGIN IMMEDIATE');
      const heldFromMs = performance.now();
      const submitted = place.command('submit', '--strategies', place.strategies, '--wait', '--json');
      let slowestMs = 0;
      const conditionIds = async (): Promise<readonly string[]> => {
        const askedMs = performance.now();
        const { body } = await place.get('/api/system/health');
        slowestMs = Math.max(slowestMs, performance.now() - askedMs);
        return (body as { conditions: readonly { id: string }[] }).conditions.map(({ id }) => id);
      };
      await until('it is red', async () => (await conditionIds()).some((id) => id.startsWith('store')));
      expect((await place.command('status')).stdout).toMatch(/health red[^]*to be put right .*busy/);
      await until('the lock is old enough', async () => {
        await conditionIds();
        return performance.now() - heldFromMs > lockMs;
      });
      other.exec('ROLLBACK');
      other.close();
      expect((await submitted).code).toBe(0);
      await until('it is green', async () => (await conditionIds()).length === 0);
      // A loop that waits for the lock itself would have answered nobody until it was gone.
      expect(slowestMs).toBeLessThan(lockMs / 2);
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
      place.remove();
    }
  },
  lockMs + 90_000,
);
