import { inEmptyContext, nactHost } from '../actors/kernel/nact-host.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { nodeCapabilities } from './node/capabilities.js';
import { logKernel } from './node/kernel-log.js';
import { System } from './system.js';
import type { SystemOptions } from './system.js';

let systems = 0;

/**
 * Starts a tree and resolves once all of it is up.
 *
 * By default it stands on nact with the real clock, keeps the process alive until it is stopped, and writes crashes,
 * dead letters and give-ups to stderr, rate limited.
 *
 * @throws InvalidSpec before anything starts; StartFailed after what had started is stopped again
 */
export function startTree(root: ChildSpec, options: Partial<SystemOptions> = {}): Promise<System> {
  const host = options.host ?? nactHost(`holdfast-${++systems}`, nodeCapabilities);
  return inEmptyContext(() => System.start(root, { subscribers: [logKernel()], ...options, host }));
}
