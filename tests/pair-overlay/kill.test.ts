/** kill -9 in the middle of a refresh: the next one leaves what an undisturbed one leaves, once. */
import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { seededRandom } from '../../runtime/testing/random.js';
import { crowd } from './crowd.js';
import { Files } from './rig.js';

const script = path.resolve('tests', 'pair-overlay', 'children', 'refresh.mjs');

/** Resolves when the process is gone. @param killAfterMs counted from when its tree runs; null lets it end */
function child(core: string, killAfterMs: number | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [script, core, path.resolve('dist')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.stdout.once('data', () => {
      if (killAfterMs !== null) setTimeout(() => running.kill('SIGKILL'), killAfterMs);
    });
    running.once('error', reject);
    running.once('exit', (code, signal) => {
      if (code === 0 || (killAfterMs !== null && signal === 'SIGKILL')) resolve();
      else reject(new Error(`the child ended with ${code ?? signal ?? 'nothing'}`));
    });
  });
}

function stored(core: string): unknown {
  const database = new Database(core, { readonly: true });
  try {
    const all = (query: string): unknown => database.prepare(query).all();
    return {
      refreshes: all('SELECT refresh_id, tested, kept, active FROM pair_refreshes'),
      scores: all('SELECT * FROM pair_scores ORDER BY refresh_id, place'),
      active: all('SELECT pair_id, weight_a, to_wall_ms FROM pair_activations ORDER BY pair_id'),
      definitions: all('SELECT pair_id, legacy_id FROM pair_definitions ORDER BY pair_id'),
      notifications: all('SELECT notification_id, title, body FROM outbox ORDER BY notification_id'),
      damage: all('PRAGMA integrity_check'),
    };
  } finally {
    database.close();
  }
}

test('whenever it is killed, the next refresh leaves the same rows', async () => {
  const files = new Files();
  files.add(crowd(4_000));
  files.close();
  const copies = Array.from({ length: 3 }, (_, index) => `${files.core}.${index}`);
  for (const copy of copies) {
    copyFileSync(files.core, copy);
    copyFileSync(`${files.core}.trades`, `${copy}.trades`);
  }
  await child(files.core, null);
  const expected = stored(files.core);
  const random = seededRandom(11);
  for (const copy of copies) {
    await child(copy, Math.floor(random() * 120));
    await child(copy, Math.floor(random() * 120));
    await child(copy, null);
    expect(stored(copy)).toEqual(expected);
  }
}, 120_000);
