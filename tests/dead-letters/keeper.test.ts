/** Letters on a real thread and file, with a store that can be made to refuse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { DeadLettersPorts, Spool } from '../../actors/dead-letters/ports.js';
import { DeadLetterFeed } from '../../actors/dead-letters/feed.js';
import { letterOf } from '../../actors/dead-letters/letter.js';
import type { DeadLetter } from '../../actors/kernel/dead-letters.js';
import { names } from '../../protocols/dead-letters.js';
import type { DeadLettersMsg, Letter } from '../../protocols/dead-letters.js';
import { nactHost, System } from '../../runtime/index.js';
import { nodeCapabilities } from '../../runtime/node/capabilities.js';
import { storageErrorData } from '../../storage/errors.js';
import { openWriter } from '../../storage/writer/client.js';
import { deadLetters } from '../../supervisors/dead-letters.js';

const entry = path.resolve('dist', 'storage', 'writer', 'thread.js');
const deadline = { deadlineMs: 10_000 };

/** A file in memory that survives the system which wrote it. */
class Disk {
  text = '';
  spool(): Spool {
    const bytes = (): number => Buffer.byteLength(this.text);
    return {
      get bytes() {
        return bytes();
      },
      append: (text) => Promise.resolve(void (this.text += text)),
      read: () => Promise.resolve(this.text),
      clear: () => Promise.resolve(void (this.text = '')),
      close: () => Promise.resolve(),
    };
  }
}

const folders: string[] = [];
const systems: System[] = [];
afterEach(async () => {
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const newFile = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-letters-'));
  folders.push(folder);
  return path.join(folder, 'core.db.dead-letters');
};

let hosts = 0;

async function start(file: string, disk: Disk, isFull: () => boolean = () => false): Promise<System> {
  const ports: DeadLettersPorts = {
    async openWriter(onDeath) {
      const writer = await openWriter({ file, kind: 'dead-letters', entry, onDeath });
      return {
        opened: writer.opened,
        commit: (transaction) => writer.commit(transaction),
        run: (verb) =>
          isFull()
            ? Promise.resolve({ ok: false, error: storageErrorData('disk_full', 'commit', 'no space') })
            : writer.run(verb),
        stats: () => writer.stats(),
        close: () => writer.close(),
      };
    },
    openSpool: () => Promise.resolve(disk.spool()),
  };
  const host = nactHost(`letters-${++hosts}`, nodeCapabilities);
  const system = await System.start(deadLetters(ports), { host });
  systems.push(system);
  return system;
}

const letter = (id: string, atWallMs = 1): Letter => ({
  letterId: id,
  atWallMs,
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
});

const keep = (system: System, ...letters: Letter[]): void => {
  system.whereis(names.deadLetters)?.tell({ type: 'keep', letters });
};

async function listed(system: System): Promise<readonly string[]> {
  const answer = await system.ask(names.deadLetters, { type: 'list', after: null, limit: 500 }, deadline);
  if (!answer.ok || !answer.value.ok) throw new Error(JSON.stringify(answer));
  return answer.value.value.map(({ letterId }) => letterId);
}

test('letters are listed oldest first, counted, and shown with what is needed to send them again', async () => {
  const system = await start(newFile(), new Disk());
  keep(system, letter('b', 2), letter('a', 1));
  keep(system, letter('a', 1));
  await system.quiescent();
  expect(await listed(system)).toEqual(['a', 'b']);
  expect(await system.ask(names.deadLetters, { type: 'show', letterId: 'a' }, deadline)).toMatchObject({
    value: { value: { ...letter('a', 1), state: 'kept' } },
  });
  expect(await system.ask(names.deadLetters, { type: 'show', letterId: 'x' }, deadline)).toMatchObject({
    value: { value: null },
  });
  expect(await system.ask(names.deadLetters, { type: 'count' }, deadline)).toEqual({
    ok: true,
    value: {
      ok: true,
      value: {
        stored: [{ reason: 'mailbox_full', state: 'kept', count: 2, oldestWallMs: 1 }],
        agedOut: [],
        waiting: 0,
        spooledBytes: 0,
        lost: 0,
      },
    },
  });
});

test('while the store refuses, letters go to the spool; the next start brings them into the store', async () => {
  const disk = new Disk();
  const file = newFile();
  const first = await start(file, disk, () => true);
  keep(first, letter('a'), letter('b'));
  await first.quiescent();
  expect(disk.text).toContain('"letterId":"b"');
  await first.stop();
  const second = await start(file, disk);
  await second.quiescent();
  expect(await listed(second)).toEqual(['a', 'b']);
  expect(disk.text).toBe('');
});

test('when the store takes letters again, the spool is imported without a restart', async () => {
  let full = true;
  const disk = new Disk();
  const system = await start(newFile(), disk, () => full);
  keep(system, letter('a'));
  await system.quiescent();
  expect(disk.text).not.toBe('');
  full = false;
  while (disk.text !== '') await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await listed(system)).toEqual(['a']);
});

test('a line that a crash cut short harms neither what was before it nor what comes after', async () => {
  const disk = new Disk();
  disk.text = `${JSON.stringify(letter('a'))}\n{"letterId":"cut","atWa`;
  const file = newFile();
  const first = await start(file, disk, () => true);
  keep(first, letter('b'));
  await first.quiescent();
  await first.stop();
  const second = await start(file, disk);
  await second.quiescent();
  expect(await listed(second)).toEqual(['a', 'b']);
});

const kernelLetter = (message: unknown, id = 1): DeadLetter => ({
  id,
  reason: 'crashed',
  recipient: 'root/a',
  incarnation: 2,
  sender: undefined,
  message,
  attempts: 1,
  errors: [new TypeError('boom')],
  wallMs: 5,
});

test.each([
  ['a plain message', { type: 'add', by: 1 }, 'add', '{"type":"add","by":1}', 'Object'],
  ['a function', () => 1, 'function', null, 'function'],
  ['a message with a map', { type: 'm', map: new Map() }, 'm', null, 'Object'],
  ['bytes', new Uint8Array(3), 'Uint8Array of 3 bytes', null, 'Uint8Array of 3 bytes'],
  ['a number that JSON does not have', { type: 'n', value: Number.NaN }, 'n', null, 'Object'],
  ['nothing', undefined, 'undefined', null, 'undefined'],
])(
  '%s keeps its type and reason, and its payload only if it would come back the same',
  (_, message, type, json, payloadType) => {
    expect(letterOf(kernelLetter(message), 'boot')).toMatchObject({
      letterId: 'boot-1',
      reason: 'crashed',
      messageType: type,
      payloadJson: json,
      payloadType,
      errorsJson: '["TypeError: boom"]',
    });
  },
);

test('a burst of dead letters is one message; what a full mailbox refuses comes with the next', () => {
  const told: DeadLettersMsg[] = [];
  const tasks: (() => void)[] = [];
  let room = false;
  const feed = new DeadLetterFeed({
    bootId: 'boot',
    exceptBelow: 'root/core/dead-letters',
    later: (run) => void tasks.push(run),
    tell: (message) => (room ? (told.push(message), 'accepted') : 'full'),
    gatheredMax: 3,
  });
  const lose = (id: number, recipient = 'root/a'): void => {
    feed.subscriber({ type: 'dead_letter', letter: { ...kernelLetter({ type: 'x' }, id), recipient } });
  };
  lose(1);
  lose(2);
  lose(3, 'root/core/dead-letters/keeper');
  expect(tasks).toHaveLength(1);
  tasks.pop()?.();
  expect(feed.waiting).toBe(2);
  room = true;
  lose(4);
  lose(5);
  tasks.pop()?.();
  expect(
    told.map((message) => message.type === 'keep' && message.letters.map(({ letterId }) => letterId)),
  ).toEqual([['boot-1', 'boot-2', 'boot-4']]);
  expect(feed.dropped).toBe(1);
});
