/** The clone's root, and the one error that a setup step ends with. */
import { fileURLToPath } from 'node:url';
import path from 'node:path';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');
export const inRoot = (...parts) => path.join(root, ...parts);

/** 69 of sysexits.h: something that must be on this machine is not. */
export const DEPENDENCY_MISSING = 69;

/** What a person can act on; the message is printed as it is, without a stack. */
export class SetupError extends Error {
  constructor(message, exitCode = DEPENDENCY_MISSING) {
    super(message);
    this.exitCode = exitCode;
  }
}
