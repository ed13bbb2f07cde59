/** Rows that only a process of its own shows: exit codes, what keeps it alive, starvation, output. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { expect, test } from '@jest/globals';

interface Ended {
  readonly code: number | string | null;
  readonly said: readonly unknown[];
  readonly errors: string;
}

const program = path.resolve('tests', 'kernel', 'hazards', 'programs', 'program.mjs');

/** Runs it until it ends by itself; `onLine` may send it a signal. A process that hangs is killed after 20 s. */
function run(name: string, onLine?: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, name],
      { timeout: 20_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const said = stdout.split('\n').filter((line) => line !== '');
        resolve({
          code: error === null ? 0 : (error.code ?? error.signal ?? null),
          said: said.map((line) => JSON.parse(line) as unknown),
          errors: stderr,
        });
      },
    );
    child.stdout?.once('data', () => onLine?.((signal) => child.kill(signal)));
  });
}

test.each(['start-fails', 'same-name-twice'])(
  'hazard 11: after a failed start (%s) nothing is left that keeps the process',
  async (name) => {
    expect(await run(name)).toMatchObject({ code: 0, said: ['StartFailed'] });
  },
);

test('hazard 53: two actors that volley for ever delay a 5 ms timer and a socket by a slice, not by their lives', async () => {
  const { code, said } = await run('volley');
  expect(code).toBe(0);
  const [{ volleys, timers, timerMs, echoes, echoMs }] = said as [
    Record<'volleys' | 'timers' | 'timerMs' | 'echoes' | 'echoMs', number>,
  ];
  expect(volleys).toBeGreaterThan(10_000);
  // A slice is 1 ms. The medians have room for a machine that others use too.
  expect({ timers: timers > 15, echoes: echoes > 15 }).toEqual({ timers: true, echoes: true });
  expect(timerMs).toBeLessThan(30);
  expect(echoMs).toBeLessThan(30);
});

test('hazard 60: a rejection that its handler did not await fails the process and shows its error', async () => {
  const { code, errors } = await run('rejects-unseen');
  expect(code).toBe(1);
  expect(errors).toContain('nobody awaited this');
});

test('hazards 66, 67, 68: a tree keeps its process alive, installs no signal handler, and lets the process end once stopped', async () => {
  const ended = await run('stays-up', (kill) => kill('SIGTERM'));
  expect(ended).toEqual({ code: 0, said: [{ ours: 0 }, { ok: true }], errors: '' });
});

test('hazard 67: after a stop with timers armed and an ask open no timer of ours is left and the process ends', async () => {
  expect(await run('stops')).toEqual({ code: 0, said: [{ reason: 'exit', resources: [] }], errors: '' });
});

test('hazard 96: dead letters are told without any setting, at a limited rate, with recipient, sender and reason', async () => {
  const { said, errors } = await run('dead-letters');
  expect(said).toEqual([1_000]);
  const lines = errors.split('\n').filter((line) => line.includes('dead letter'));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(lines[0]).toBe('holdfast: dead letter 1 (stopped) to root/a from root/b');
});

test('hazard 66: a root that gives up says so on stderr and keeps the process no longer', async () => {
  const { code, said, errors } = await run('gives-up');
  expect({ code, said }).toEqual({ code: 0, said: [{ kind: 'shutdown' }] });
  expect(errors).toContain('root gave up');
  expect(errors).toContain('once too often');
});
