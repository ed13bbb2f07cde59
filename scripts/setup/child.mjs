/**
 * Runs the programs that setup needs. Each leads a process group of its own, because npm and make have children that
 * outlive them when only the parent is killed.
 */
import { spawn } from 'node:child_process';
import { root } from './root.mjs';

const KEPT_LINES = 2_000;
const running = new Set();

/**
 * @param onLine called with each line of output as it comes
 * @returns exit code (null when killed or not startable) and the last lines of output, both streams in order of arrival
 */
export function run(command, args, { cwd = root, env = process.env, onLine = () => {} } = {}) {
  return new Promise((resolve) => {
    const lines = [];
    let partial = '';
    const take = (chunk) => {
      const parts = (partial + chunk).split('\n');
      partial = parts.pop() ?? '';
      for (const line of parts) keep(line);
    };
    const keep = (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLine(line);
    };
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    let cannotStart = null;
    child.on('error', (error) => {
      cannotStart = error;
      running.delete(child);
      resolve({ code: null, lines: [cannotStart.message] });
    });
    child.on('close', (code) => {
      if (cannotStart) return;
      running.delete(child);
      if (partial) keep(partial);
      resolve({ code, lines });
    });
  });
}

/** Ends every program under way with its children. */
export function endChildren() {
  for (const child of running) {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It ended between our look and the signal.
    }
  }
}
