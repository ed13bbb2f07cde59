import type { WhyAlive } from '../../protocols/repl-answers.js';
import type { System } from '../system.js';
import { fit } from './fit.js';

/** During a stop: who has not stopped yet, and since when it was asked to. Otherwise what there is to stop. */
export function whyAlive(system: System, resources: Readonly<Record<string, number>>): WhyAlive {
  const { stopping } = system;
  if (stopping === undefined) return { stopping: null, census: system.census(), resources };
  const { forMs, left } = stopping;
  const { rows, leftOut } = fit(left.slice(0, 500), Math.max(0, left.length - 500));
  return { stopping: { forMs, left: rows, leftOut }, census: system.census(), resources };
}
