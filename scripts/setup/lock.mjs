/**
 * One setup at a time per clone and machine. The lock is a folder that holds its owner's pid and a token; it is taken
 * by renaming a ready folder into place, so that nobody ever sees it half made. It lies in the system's temporary
 * folder: node_modules and dist come and go, and a clone shared with a container must not share pids with it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import os from 'node:os';
import path from 'node:path';
import { say } from './progress.mjs';
import { root, SetupError } from './root.mjs';

const POLL_MS = 200;
const WAIT_MS_MAX = 20 * 60_000;

const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
export const lockPath = path.join(os.tmpdir(), `holdfast-setup-${process.getuid?.() ?? 0}-${name}`);

/** @returns the function that gives the lock back */
export async function takeLock() {
  const token = randomUUID();
  const ready = `${lockPath}.${token}`;
  mkdirSync(ready, { mode: 0o700 });
  writeFileSync(path.join(ready, 'owner'), `${process.pid} ${token}`);
  const giveUpMs = Date.now() + WAIT_MS_MAX;
  let hasSaid = false;
  try {
    while (!isTaken(ready)) {
      const owner = readOwner();
      if (owner && !isAlive(owner.pid)) {
        clearAway(owner);
        continue;
      }
      if (owner && !hasSaid) {
        hasSaid = true;
        say(`another setup of this clone is under way (pid ${owner.pid}); waiting for it`);
      }
      if (Date.now() > giveUpMs) {
        throw new SetupError(
          `waited 20 minutes for pid ${owner?.pid}. If it is no setup, remove ${lockPath}`,
          1,
        );
      }
      await delay(POLL_MS);
    }
  } catch (error) {
    rmSync(ready, { recursive: true, force: true });
    throw error;
  }
  return () => release(token);
}

/** Moved out of the way before it is emptied: an empty folder in its place could be taken while we still remove it. */
function release(token) {
  const left = `${lockPath}.left-${token}`;
  renameSync(lockPath, left);
  rmSync(left, { recursive: true, force: true });
}

function isTaken(ready) {
  try {
    renameSync(ready, lockPath);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

function readOwner() {
  try {
    const [pid, token] = readFileSync(path.join(lockPath, 'owner'), 'utf8').split(' ');
    return { pid: Number(pid), token };
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * The dead owner's token names the grave, and the grave is left standing: of several waiters only the first can move
 * the lock there, so that none moves away the lock that the first has taken since.
 */
function clearAway({ token }) {
  try {
    renameSync(lockPath, `${lockPath}.dead-${token}`);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) throw error;
  }
}
