/** Scenarios for each section of the statements of docs/otp.md. */
import type { Scenario } from '../scenario.js';
import { administration, dynamics } from './administration.js';
import { starting, stopping } from './lives.js';
import { bursts, failing, grid, intensity } from './restarts.js';
import { links, names, nesting, significant } from './trees.js';

export const written: readonly Scenario[] = [
  ...starting,
  ...stopping,
  ...grid,
  ...bursts,
  ...intensity,
  ...failing,
  ...administration,
  ...dynamics,
  ...significant,
  ...nesting,
  ...links,
  ...names,
];
