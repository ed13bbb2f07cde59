// Commits rows in a loop through the writer thread and prints each id once its commit was acknowledged.
// argv: the built storage folder, the file, a prefix for the ids
import { writeSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , storage, file, prefix] = process.argv;
const { openWriter } = await import(pathToFileURL(path.join(storage, 'writer', 'client.js')).href);
const { insertBoot } = await import(pathToFileURL(path.join(storage, 'tables', 'boots.js')).href);
const writer = await openWriter({ file, kind: 'core', entry: path.join(storage, 'writer', 'thread.js') });

async function commitForEver(lane) {
  for (let number = 0; ; number += 1) {
    // Two rows of one transaction: after a kill either both are there or neither.
    const ids = [`${prefix}-${lane}-${number}-a`, `${prefix}-${lane}-${number}-b`];
    const statements = ids.map((id) =>
      insertBoot({ boot_id: id, started_wall_ms: number, pid: process.pid }),
    );
    const outcome = await writer.commit({ statements });
    if (!outcome.ok) throw new Error(outcome.error.message);
    writeSync(1, `${ids[0]}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(commitForEver));
