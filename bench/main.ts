import { parseArgs } from 'node:util';
import { dispatchBench } from './dispatch.bench.js';
import { kernelBench } from './kernel.bench.js';
import { queueBench } from './queue.bench.js';

const usage = `npm run bench -- SUBJECT [--rounds N] [--only ROW]

  kernel    the actor kernel against nact, XState, Effect, Comedy, a raw loop and, where erlc is on the path, Erlang
  queue     the store's queue against plainjob and, where their servers are to be had, BullMQ and graphile-worker
  dispatch  full request lives a second over the real wire, with a backend that does nothing

  --rounds N   interleaved rounds that count (default 5)
  --only ROW   one row of kernel: flood, bursts, pingPong, ring, askOne, askMany, spawn
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, only: { type: 'string' }, help: { type: 'boolean' } },
});
const subject = positionals[0];
const rounds = Number(values.rounds);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help === true) print(usage);
else if (
  !Number.isInteger(rounds) ||
  rounds < 1 ||
  !['kernel', 'queue', 'dispatch'].includes(subject ?? '')
) {
  say(
    `expected a subject (kernel, queue, dispatch) and a whole number of rounds, found "${subject ?? 'nothing'}" and "${values.rounds}"\n\n${usage}`,
  );
  process.exitCode = 2;
} else if (subject === 'kernel') await kernelBench({ rounds, only: values.only, say, print });
else if (subject === 'queue') await queueBench({ rounds, say, print });
else await dispatchBench({ rounds, say, print });
