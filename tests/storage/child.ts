import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export interface Child {
  readonly process: ChildProcess;
  readonly lines: Interface;
  /** The next line that it prints; rejects when it ends instead. */
  line(): Promise<string>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts one of the scripts in children/. */
export function startChild(script: string, ...args: string[]): Child {
  const file = path.resolve('tests', 'storage', 'children', script);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  return {
    process: child,
    lines,
    line: () =>
      Promise.race([
        once(lines, 'line').then(([line]) => String(line)),
        exited.then(([code]) => Promise.reject(new Error(`${script} ended with ${String(code)}`))),
      ]),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
