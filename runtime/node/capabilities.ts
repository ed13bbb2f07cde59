import type { Capabilities } from '../../actors/kernel/capabilities.js';

/** The real clock, timers and randomness of this process. Armed alarms do not keep the process alive. */
export const nodeCapabilities: Capabilities = {
  clock: { nowMs: () => performance.now(), wallMs: () => Date.now() },
  alarm: {
    set: (delayMs, ring) => setTimeout(ring, delayMs).unref(),
    clear: (token) => clearTimeout(token as NodeJS.Timeout | undefined),
  },
  random: () => Math.random(),
};
