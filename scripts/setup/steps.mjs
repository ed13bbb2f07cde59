/** What setup does, in order; each step says cheaply whether it has anything to do. */
import { build, buildMissing } from './build.mjs';
import { nativesMissing, prepareNatives } from './native.mjs';
import { installPackages, packagesMissing } from './packages.mjs';

const steps = [
  { name: 'install packages', missing: packagesMissing, carryOut: installPackages },
  { name: 'prepare native packages', missing: nativesMissing, carryOut: prepareNatives },
  { name: 'build dist/', missing: buildMissing, carryOut: build },
];

/** @returns one line for each step that would run; empty when this clone is ready */
export const pending = () =>
  steps.flatMap(({ name, missing }) => {
    const reason = missing();
    return reason === null ? [] : [`${name}: ${reason}`];
  });

export async function carryOut() {
  for (const step of steps) if (step.missing() !== null) await step.carryOut();
}
