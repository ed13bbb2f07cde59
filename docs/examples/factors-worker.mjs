// The worker of workers.mjs: in a thread and in a child process alike.
import { serveWorker, WorkerFailure } from 'holdfast/worker';

await serveWorker(({ number }) => {
  if (!Number.isSafeInteger(number) || number < 1) throw new WorkerFailure('not_a_number', `got ${number}`);
  if (number === 13) process.exit(13); // it is superstitious
  while (number === 17); // and this one it never gets over
  const factors = [];
  let rest = number;
  for (let factor = 2; factor * factor <= rest; factor++)
    for (; rest % factor === 0; rest /= factor) factors.push(factor);
  return rest > 1 ? [...factors, rest] : factors;
});
