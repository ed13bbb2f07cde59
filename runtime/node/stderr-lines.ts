import type { ConsolePort } from '../../actors/notifier/ports.js';

/** A terminal that was closed must not end what it watched; the kernel of the lane counts the line as written. */
export const stderrLines: ConsolePort = {
  write: (line) => void process.stderr.write(`${line}\n`),
};
