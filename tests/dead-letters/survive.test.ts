/** Dead letters outlive their own file: what cannot be written goes to the spool, and from there into the file at last. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from '@jest/globals';
import { names } from '../../protocols/dead-letters.js';
import type { Letter, LetterCounts } from '../../protocols/dead-letters.js';
import { nactHost, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { openSpoolFile } from '../../runtime/node/spool-file.js';
import { keeper } from '../../actors/dead-letters/keeper.js';
import { spool } from '../../actors/dead-letters/spool.js';
import { dayMs, store } from '../../actors/dead-letters/store.js';
import { openWriter } from '../../storage/writer/client.js';
import { supervisor } from '../../runtime/index.js';
import { until } from '../db-writes/trouble.js';

const entry = path.resolve('dist', 'storage', 'writer', 'thread.js');
const deadline = { deadlineMs: 10_000 };

const folders: string[] = [];
const running: System[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((system) => system.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Place {
  /** Of the store; the spool lies in a folder of its own, as on another disk. */
  readonly folder: string;
  readonly file: string;
  readonly spool: string;
}

function newPlace(): Place {
  const [folder, other] = ['store', 'spool'].map((what) =>
    mkdtempSync(path.join(tmpdir(), `holdfast-${what}-`)),
  );
  if (folder === undefined || other === undefined) throw new Error('no folder');
  folders.push(folder, `${folder}.away`, other);
  return { folder, file: path.join(folder, 'letters'), spool: path.join(other, 'spool.jsonl') };
}

interface Started {
  readonly system: System;
  kill(): void;
}

let hosts = 0;

async function start(
  place: Place,
  options: { spoolBytesMax?: number; settledDays?: number; keptDays?: number } = {},
): Promise<Started> {
  const workers: Worker[] = [];
  const openLetters = (onDeath: (reason: string) => void) =>
    openWriter({
      file: place.file,
      kind: 'dead-letters',
      entry,
      onDeath,
      createWorker(of, given) {
        const worker = new Worker(of, given);
        workers.push(worker);
        return worker;
      },
    });
  const { spoolBytesMax, ...kept } = options;
  const tree = supervisor('dead-letters', { strategy: 'one_for_one', intensity: 6, periodMs: 120_000 }, [
    store({ openWriter: openLetters, agedFirstMs: 0, agedAtOnce: 2, ...kept }),
    spool({
      openSpool: () => openSpoolFile(place.spool),
      ...(spoolBytesMax === undefined ? {} : { spoolBytesMax }),
    }),
    keeper({ againMs: 50, batchMax: 5, waitingMax: 20 }),
  ]);
  const system = await System.start(tree, { host: nactHost(`survive-${++hosts}`, nodeCapabilities) });
  running.push(system);
  return { system, kill: () => void workers.at(-1)?.terminate() };
}

const letter = (id: string, changes: Partial<Letter> = {}): Letter => ({
  letterId: id,
  atWallMs: Date.now(),
  reason: 'mailbox_full',
  recipient: 'root/a',
  sender: null,
  incarnation: 1,
  messageType: 'add',
  payloadVersion: 1,
  payloadJson: '{"type":"add"}',
  payloadType: 'Object',
  attempts: 0,
  errorsJson: '[]',
  ...changes,
});

const keep = ({ system }: Started, ...letters: Letter[]): void => {
  system.whereis(names.deadLetters)?.tell({ type: 'keep', letters });
};

async function counts({ system }: Started): Promise<LetterCounts | undefined> {
  const answer = await system.ask(names.deadLetters, { type: 'count' }, deadline);
  return answer.ok && answer.value.ok ? answer.value.value : undefined;
}

const kept = (found: LetterCounts | undefined): number =>
  (found?.stored ?? []).filter(({ state }) => state === 'kept').reduce((sum, { count }) => sum + count, 0);

/** The file's folder is gone, as a disk that was pulled out, and the thread with it. */
async function takeAway(place: Place, started: Started): Promise<void> {
  renameSync(place.folder, `${place.folder}.away`);
  started.kill();
  await until(async () => ((await counts(started)) === undefined ? true : undefined));
}

const bytesOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

test('while their file is away letters go to the spool; the next start reads them in and empties it', async () => {
  const place = newPlace();
  const first = await start(place);
  keep(first, letter('a'));
  await until(async () => (kept(await counts(first)) === 1 ? true : undefined));
  await takeAway(place, first);
  keep(first, letter('b'), letter('c'));
  await until(() => (bytesOf(place.spool) > 0 ? true : undefined));
  expect(readFileSync(place.spool, 'utf8')).toContain('"letterId":"c"');
  running.pop();
  await first.system.stop();
  renameSync(`${place.folder}.away`, place.folder);
  const second = await start(place);
  await until(async () => (kept(await counts(second)) === 3 ? true : undefined));
  await until(() => (bytesOf(place.spool) === 0 ? true : undefined));
});

test('a file that is back is used again without a restart of anything above it', async () => {
  const place = newPlace();
  const started = await start(place);
  await takeAway(place, started);
  keep(started, letter('a'));
  await until(() => (bytesOf(place.spool) > 0 ? true : undefined));
  renameSync(`${place.folder}.away`, place.folder);
  await until(async () => (kept(await counts(started)) === 1 ? true : undefined));
  expect(existsSync(place.spool) && bytesOf(place.spool)).toBe(0);
}, 20_000);

test('the spool is bounded: what it cannot hold waits in memory, and what that cannot hold is counted as lost', async () => {
  const place = newPlace();
  const started = await start(place, { spoolBytesMax: 2_000 });
  await takeAway(place, started);
  for (let n = 0; n < 60; n += 1) keep(started, letter(`l${String(n).padStart(2, '0')}`));
  await until(() => (bytesOf(place.spool) > 1_000 ? true : undefined));
  expect(bytesOf(place.spool)).toBeLessThanOrEqual(2_000);
  renameSync(`${place.folder}.away`, place.folder);
  const found = await until(async () => {
    const now = await counts(started);
    return now !== undefined && now.waiting === 0 && now.spooledBytes === 0 && kept(now) > 0
      ? now
      : undefined;
  });
  expect(kept(found) + found.lost).toBe(60);
  expect(found.lost).toBeGreaterThan(0);
  expect(kept(found)).toBeGreaterThanOrEqual(20);
}, 20_000);

test('letters that nobody has dealt with for long enough go, and are counted by their reason', async () => {
  const place = newPlace();
  const first = await start(place);
  const old = { atWallMs: Date.now() - 91 * dayMs };
  keep(
    first,
    ...['a', 'b', 'c'].map((id) => letter(id, old)),
    letter('d', { ...old, reason: 'crash_loop' }),
    letter('young'),
  );
  await until(async () => (kept(await counts(first)) === 5 ? true : undefined));
  running.pop();
  await first.system.stop();
  const second = await start(place);
  const found = await until(async () => {
    const now = await counts(second);
    return kept(now) === 1 ? now : undefined;
  });
  expect(found.agedOut).toEqual([
    { reason: 'crash_loop', count: 1 },
    { reason: 'mailbox_full', count: 3 },
  ]);
});
