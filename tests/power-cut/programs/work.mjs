// Commits to a core and a trades file through their writer threads and notes in `acks` what was acknowledged, then dies
// as by kill -9. argv: the built storage folder, the folder to work in, how many rounds
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , storage, folder, rounds] = process.argv;
const load = (...names) => import(pathToFileURL(path.join(storage, ...names)).href);
const { openWriter } = await load('writer', 'client.js');
const { openTradesWriter } = await load('writer', 'trades-client.js');
const { insertBoot } = await load('tables', 'boots.js');

const entry = path.join(storage, 'writer', 'thread.js');
const core = await openWriter({ file: path.join(folder, 'core.db'), kind: 'core', entry });
const trades = await openTradesWriter({ file: path.join(folder, 'trades.db'), entry });
const must = (outcome) => {
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome;
};

// Checkpoints are where a file can be hurt, so they come often.
const oftener = { sql: 'PRAGMA wal_autocheckpoint = 40', params: [], mode: 'get' };
for (const writer of [core, trades]) must(await writer.commit({ statements: [oftener] }));

const acks = openSync(path.join(folder, 'acks'), 'a');
const acknowledged = (line) => writeSync(acks, `${line}\n`);

/** A list first and then the row in core that promises it; in between two rows that belong together. */
async function lane(number) {
  for (let round = 0; round < Number(rounds); round += 1) {
    const id = `${number}-${round}`;
    const count = 20 + ((round * 37) % 200);
    const stored = must(
      await trades.storeTrades({
        attemptId: id,
        requestId: null,
        exitS: Float64Array.from({ length: count }, (_, at) => at),
        pnl: Float64Array.from({ length: count }, (_, at) => at / 7),
        receivedWallMs: round,
      }),
    );
    acknowledged(`list ${id} ${stored.value.count}`);
    const statements = ['a', 'b'].map((half) =>
      insertBoot({
        boot_id: `${id}-${half}-${'x'.repeat(round % 600)}`,
        started_wall_ms: round,
        pid: number,
      }),
    );
    must(await core.commit({ statements }));
    acknowledged(`pair ${id}`);
  }
}

await Promise.all([0, 1, 2, 3].map(lane));
closeSync(acks);
process.kill(process.pid, 'SIGKILL');
