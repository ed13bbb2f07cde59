/** `holdfast repl` as a person and as a script use it, on a real run of the samples. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Listed, PlaceRow } from '../../protocols/repl-answers.js';
import { holdfast, workplace } from '../run/program.js';
import type { Ended, Running, Workplace } from '../run/program.js';

const main = path.resolve(__dirname, '../../dist/cli/main.js');

let place: Workplace;
let run: Running;
const db = (): string => path.join(place.folder, 'live.db');

beforeAll(async () => {
  place = workplace();
  run = place.run('live.db', '--workers', '1');
  await run.said(/staying up/);
}, 120_000);

afterAll(async () => {
  run.child.kill('SIGTERM');
  await run.ended;
  place.remove();
});

const repl = (...args: readonly string[]): Promise<Ended> =>
  holdfast(['repl', '--db', db(), ...args], place.folder).ended;

/** Lines in a pipe. */
function session(lines: readonly string[], ...args: readonly string[]): Ended {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [main, 'repl', '--db', db(), ...args],
    {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
  return { code: status, signal, stdout, stderr };
}

describe('for a script', () => {
  test('-e prints a table, and with --json the answer itself', async () => {
    const text = await repl('-e', "tree('root/operations')");
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/^place +status .*\nroot\/operations +running .*\n {2}repl +running/);
    const json = await repl('-e', 'tree()', '--json');
    const { rows } = JSON.parse(json.stdout) as Listed<PlaceRow>;
    expect(rows.map((row) => row.path)).toContain('root/core/services/backtest-dispatch/dispatcher');
    expect(rows.every((row) => row.status === 'running')).toBe(true);
    const told = await repl('-e', 'const { rows } = await top(); return rows.length > 3', '--json');
    expect(JSON.parse(told.stdout)).toBe(true);
    expect((await repl('-e', '({ big: 1n })', '--json')).stdout).toBe('{\n  "big": "1"\n}\n');
  });

  test('a refusal, an error and a missing process are each told in a line, with a code of their own', async () => {
    const refused = await repl('-e', "kill('root/operations/monitor')");
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^holdfast: repl: read_only: kill changes something.*--write\n$/);
    expect(await repl('-e', 'nonsense()')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ReferenceError/),
    });
    expect(await repl('--json')).toMatchObject({ code: 2 });
    const nobody = await holdfast(['repl', '--db', 'other.db', '-e', '1'], place.folder).ended;
    expect(nobody.code).toBe(69);
    expect(nobody.stderr).toMatch(
      /expected a live process for other\.db, found no .*other\.db\.run\.json .*--socket/,
    );
    const socket = await holdfast(['repl', '--socket', 'x.sock', '-e', '1'], place.folder).ended;
    expect(socket).toMatchObject({ code: 69, stderr: expect.stringMatching(/found nothing at x\.sock/) });
  });

  test('what is changed is logged with who did it, counted in the metrics, and stored where settings are', async () => {
    const set = await repl('--write', '-e', "set('dispatch.intervalMs', 25)", '--json');
    expect(JSON.parse(set.stdout)).toEqual({ done: 'dispatch.intervalMs: 10 -> 25' });
    const wrong = await repl('--write', '-e', "set('dispatch.intervalMs', -1)");
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bad_arguments: dispatch\.intervalMs/),
    });
    const { url } = JSON.parse(readFileSync(`${db()}.run.json`, 'utf8')) as { readonly url: string };
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/holdfast_manual_interventions_total\{verb="set"\} 2/);
    expect(metrics).toMatch(/holdfast_slow_turns_total \d/);
    expect(readFileSync(`${db()}.log.jsonl`, 'utf8')).toMatch(
      /"message":"manual\.intervention","outcome":"dispatch\.intervalMs: 10 -> 25".*"verb":"set"/,
    );
  });
});

describe('for a person', () => {
  test('lines are answered one after another, errors do not end the session, and there is help', () => {
    const { stdout, code } = session([
      "tree('root/operations')",
      'const found = await top()',
      'found.rows.length > 3',
      'function twice(x) {',
      '  return 2 * x }',
      'twice(21)',
      'oops',
      "kill('root/operations/monitor')",
      "help('top')",
      'help()',
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /root\/operations +running[\s\S]*\ntrue\n42\nUncaught ReferenceError: oops[\s\S]*\nread_only: kill[\s\S]*top\('turns'\)[\s\S]*Three in the morning/,
    );
  });

  test('what ends in the middle of a statement has failed, and says so', () => {
    const { stdout, stderr, code } = session(['1 + 1', 'tree(', '(await top()).rows.length']);
    expect({ stdout, code }).toEqual({ stdout: '2\n', code: 1 });
    expect(stderr).toContain('the input ended in the middle of a statement');
  });

  const script = existsSync('/usr/bin/script') ? test : test.skip;
  script(
    'on a terminal Tab completes verbs, paths and keys, and Ctrl-C ends what is waited for',
    async () => {
      const command = `${process.execPath} ${main} repl --db ${db()} --write`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm', HOLDFAST_REPL_HISTORY: path.join(place.folder, 'history') },
      });
      let shown = '';
      let heard = (): void => undefined;
      child.stdout.on('data', (chunk: Buffer) => {
        // Without the codes that place the cursor.
        shown += chunk
          .toString()
          .replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g'), '');
        heard();
      });
      const until = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(shown)) await new Promise<void>((resolve) => (heard = resolve));
        shown = '';
      };
      const type = (keys: string): void => void child.stdin.write(keys);
      await until(/Attached to holdfast[\s\S]*each change is recorded[\s\S]*holdfast!> /);
      type('tr');
      await until(/tr$/);
      // What comes in one piece is taken for a paste, in which a tab is a tab.
      type('\t');
      await new Promise((resolve) => setTimeout(resolve, 300));
      type('\t');
      await until(/tree\([\s\S]*trace\(/);
      type("ee('root/op");
      await until(/op$/);
      type('\t');
      await until(/erations/);
      type("')\r");
      await until(/run-file +running[\s\S]*> /);
      type("set('kern");
      await until(/kern$/);
      type('\t');
      await until(/el\.slowTurnMs'/);
      type(', 70)\r');
      await until(/50 -> 70[\s\S]*> /);
      type("trace('root', {seconds: 600})\r");
      await until(/600/);
      await new Promise((resolve) => setTimeout(resolve, 300));
      type('\u0003');
      await until(/0 events; cancelled[\s\S]*> /);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      type('\u0004');
      expect(await ended).toBe(0);
    },
  );

  test('when the process ends, the session says so and ends', async () => {
    const other = workplace();
    const second = other.run('second.db', '--workers', '1');
    await second.said(/staying up/);
    const file = path.join(other.folder, 'second.db');
    const attached = spawn(process.execPath, [main, 'repl', '--db', file], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let text = '';
    const answered = new Promise<void>((resolve) => {
      attached.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('operations')) resolve();
      });
    });
    attached.stdin.write('tree()\n');
    await answered;
    second.child.kill('SIGKILL');
    const code = await new Promise((resolve) => attached.once('exit', resolve));
    expect(code).toBe(69);
    expect(text).toMatch(/the process has ended, or has closed the session/);
    const after = await holdfast(['repl', '--db', file, '-e', '1'], other.folder).ended;
    expect(after).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(/which has ended without removing it/),
    });
    await second.ended;
    // The next run replaces the socket that the dead one left.
    const third = other.run('second.db', '--workers', '1');
    await third.said(/staying up/);
    const again = await holdfast(['repl', '--db', file, '-e', 'settings()'], other.folder).ended;
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/dispatch\.paused +false/) });
    third.child.kill('SIGTERM');
    await third.ended;
    expect(existsSync(`${file}.repl.sock`)).toBe(false);
    other.remove();
  });
});
