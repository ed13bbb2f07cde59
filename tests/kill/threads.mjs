/**
 * Loaded before the program: ends the threads that hold its database files, at moments of a seed. There is no other way to
 * a thread of another process. Given as JSON in HOLDFAST_THREAD_KILLS: {seed, kills, betweenMs}.
 */
import worker, { isMainThread } from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';

const given = process.env['HOLDFAST_THREAD_KILLS'];
if (isMainThread && given !== undefined) {
  const { seed, kills, betweenMs } = JSON.parse(given);
  const living = new Map();
  const Original = worker.Worker;
  worker.Worker = class extends Original {
    constructor(entry, options) {
      super(entry, options);
      const name = options?.name ?? '';
      if (!/writer|reader/.test(name)) return;
      living.set(this, name);
      this.once('exit', () => living.delete(this));
    }
  };
  syncBuiltinESMExports();

  let state = seed >>> 0;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let left = kills;
  const next = () => {
    if (left === 0) return;
    setTimeout(
      () => {
        const [victim, name] = [...living][Math.floor(draw() * living.size)] ?? [];
        if (victim !== undefined) {
          left -= 1;
          process.stderr.write(`ended thread: ${name}\n`);
          void victim.terminate();
        }
        next();
      },
      20 + draw() * betweenMs,
    ).unref();
  };
  next();
}
