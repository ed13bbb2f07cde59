/** Where we differ from OTP on purpose (docs/otp.md tells why), or OTP leaves the order open. */
import type { Scenario } from './scenario.js';

interface Departure {
  readonly titles: RegExp;
  readonly why: string;
  /** Lines that are not compared. */
  readonly lines: RegExp;
}

const departures: readonly Departure[] = [
  {
    titles: /^H6 terminated while restarting/,
    why: 'OTP counts the same child down twice and answers -1 active; we answer 0',
    lines: /^(answer 1 -?\d+ 0 0|report root\/d: )/,
  },
  {
    titles: /^K6 K7 .* links to the dead/,
    why: 'link/1 to a dead process raises in a caller that does not trap; here the signal noproc ends it',
    lines: /^(exit|terminate) root\/b#1 (noproc|error)$/,
  },
];

/** Ends along a chain and the restarts that they cause happen in different processes at once. */
const concurrent = /^K1 K2 .* along a chain/;

/** Takes out what is not compared, and sorts what has no order. */
export function comparable({ title }: Scenario, lines: readonly string[]): readonly string[] {
  const kept = lines.filter(
    (line) => !departures.some((departure) => departure.titles.test(title) && departure.lines.test(line)),
  );
  return concurrent.test(title) ? [...kept].sort() : kept;
}
