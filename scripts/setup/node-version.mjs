/** Refuses a Node that is older than package.json's `engines`, before anything else can fail in a stranger way. */
import { SetupError } from './root.mjs';

const OLDEST = [20, 19];

export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  if (!isNewEnough) {
    throw new SetupError(
      `Node ${OLDEST.join('.')} or later is needed, this is ${version} (${process.execPath}). ` +
        'Install a newer Node and run the same command again.',
    );
  }
}
