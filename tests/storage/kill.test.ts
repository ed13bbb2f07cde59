/** What was acknowledged is there, however the process died. */
import { expect, test } from '@jest/globals';
import { openDatabase } from '../../storage/database.js';
import { startChild } from './child.js';
import { built, temporaryFile } from './temporary.js';

const kills = 12;

test(`${kills} times kill -9 in the middle of commits: every acknowledged one is there, none is half there`, async () => {
  const file = temporaryFile();
  const acknowledged: string[] = [];
  for (let round = 0; round < kills; round += 1) {
    const child = startChild('commit-loop.mjs', built(''), file, `round-${round}`);
    const enough = 1 + round * 37;
    await new Promise<void>((resolve) => {
      let seen = 0;
      child.lines.on('line', (id) => {
        acknowledged.push(id);
        if ((seen += 1) === enough) resolve();
      });
    });
    const drained = new Promise((resolve) => child.lines.once('close', resolve));
    await child.kill();
    await drained;
  }
  const { connection } = openDatabase(file);
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
  const stored = new Set(connection.prepare('SELECT boot_id FROM boots').pluck().all() as string[]);
  expect(acknowledged.length).toBeGreaterThan(kills);
  expect(acknowledged.filter((id) => !stored.has(id) || !stored.has(id.replace(/a$/, 'b')))).toEqual([]);
  const halves = [...stored].filter(
    (id) => !stored.has(id.replace(/[ab]$/, (end) => (end === 'a' ? 'b' : 'a'))),
  );
  expect(halves).toEqual([]);
  connection.close();
}, 60_000);
