import { afterEach, expect, test } from '@jest/globals';
import { StorageError } from '../../storage/errors.js';
import { acquireInstanceLock, type InstanceLock } from '../../storage/instance-lock.js';
import { type Child, startChild } from './child.js';
import { built, temporaryFile } from './temporary.js';

const children: Child[] = [];
const locks: InstanceLock[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  for (const lock of locks.splice(0)) lock.release();
});

function acquire(file: string): InstanceLock {
  const lock = acquireInstanceLock(file, { pid: process.pid, bootId: 'this test' });
  locks.push(lock);
  return lock;
}

async function holder(file: string): Promise<Child> {
  const child = startChild('hold-lock.mjs', built(''), file);
  children.push(child);
  expect(await child.line()).toBe('held');
  return child;
}

const refusal = (file: string): StorageError => {
  try {
    acquire(file);
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('the lock was given twice');
};

test('a second process is refused by name of the first, and kill -9 of the first frees the files', async () => {
  const file = temporaryFile();
  const first = await holder(file);
  for (let round = 0; round < 3; round += 1) {
    const refused = refusal(file);
    expect(refused.code).toBe('locked_by_other');
    expect(refused.data.holderPid).toBe(first.process.pid);
    expect(refused.message).toContain(`process ${first.process.pid ?? 0}`);
  }
  await first.kill();
  acquire(file);
});

test('one process cannot take it twice either, until it is released', () => {
  const file = temporaryFile();
  const lock = acquire(file);
  expect(refusal(file)).toMatchObject({ code: 'locked_by_other', data: { holderPid: process.pid } });
  lock.release();
  lock.release();
  acquire(file);
});

test('the lock holds against a process that comes later', async () => {
  const file = temporaryFile();
  acquire(file);
  const child = startChild('hold-lock.mjs', built(''), file);
  children.push(child);
  expect(await child.line()).toBe('locked_by_other');
});

test('of many that start at once exactly one gets it', async () => {
  const file = temporaryFile();
  const starting = Array.from({ length: 5 }, () => startChild('hold-lock.mjs', built(''), file));
  children.push(...starting);
  const said = await Promise.all(starting.map((child) => child.line()));
  expect(said.filter((line) => line === 'held')).toHaveLength(1);
  expect(said.filter((line) => line === 'locked_by_other')).toHaveLength(4);
});

test('a lock file that cannot be made is told apart from a lock that is taken', () => {
  expect(refusal(`${temporaryFile()}/missing/folder/store.db`).code).toBe('cannot_open');
});
