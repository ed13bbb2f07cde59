import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { RunFilePort } from '../../actors/operations/ports.js';
import type { RunFile } from '../../protocols/operations.js';
import { systemCode, writeWhole } from './files.js';

const runFileSchema = z.object({
  pid: z.number().int().positive(),
  url: z.url(),
  sockets: z.record(z.string(), z.string()),
  bootId: z.string(),
  startedWallMs: z.number(),
  token: z.string(),
});

/** It holds a secret, so nobody else may read it. */
const ownerOnly = 0o600;

/** So many bits cannot be guessed. */
const tokenBytes = 32;

/** A new one for each process: nothing that one has given away opens the next. */
export const newToken = (): string => randomBytes(tokenBytes).toString('base64url');

/** `FILE.run.json` on the disk. Writes follow one another, so that the last one stands. */
export function runFileOn(file: string): RunFilePort {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const done = last.then(run);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    write: (content) => inTurn(() => writeWhole(file, `${JSON.stringify(content, null, 2)}\n`, ownerOnly)),
    remove: () => inTurn(() => rm(file, { force: true })),
  };
}

/** @returns null when there is no such file, or what stands in it is not ours */
export async function readRunFile(file: string): Promise<RunFile | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return null;
  }
  try {
    return runFileSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whether a process with this id lives; one that we may not signal lives too. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
