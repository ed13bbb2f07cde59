/** Files that a newer version wrote are refused as they are, with the exit code of a configuration that does not fit. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../storage/database.js';
import { schemas } from '../../storage/migrations/index.js';
import type { StoreKind } from '../../storage/migrations/index.js';
import { migrate } from '../../storage/migrations/run.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['core', ''],
  ['trades', '.trades'],
  ['dead-letters', '.dead-letters'],
] as const)(
  'a %s file of a newer version ends the start with 78, and is left as it was',
  (kind: StoreKind, ending) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-newer-'));
    folders.push(folder);
    const db = path.join(folder, 'core.db');
    const file = `${db}${ending}`;
    const { connection } = openDatabase(file);
    migrate(connection, schemas[kind], file);
    connection.pragma('user_version = 99');
    connection.close();
    const before = readFileSync(file);
    const main = path.resolve('dist', 'cli', 'main.js');
    const candles = path.join(folder, 'candles');
    mkdirSync(candles);
    const config = path.join(folder, 'holdfast.json');
    writeFileSync(config, JSON.stringify({ db, inputs: { candles } }));
    const ended = spawnSync(process.execPath, [main, 'start', '--config', config, '--quiet'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(ended.stderr).toContain('99');
    expect(ended.stderr).toMatch(/newer/);
    expect(ended.status).toBe(78);
    expect(readFileSync(file).equals(before)).toBe(true);
  },
  90_000,
);
