/**
 * A ZeroMQ socket in a thread that is ended takes the whole process along, so no entry of a thread may reach one, by
 * whatever imports. This looks at the sources, as what is never imported can never be opened.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { importsOf, packageOf, repositoryFiles } from '../tidy/sources.js';

const sources = repositoryFiles().filter(({ path: file }) => /^(?!tests\/).*\.ts$/.test(file));
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Files of ours and packages that this one imports, directly or not; types are no imports at run time, but count here. */
function reachableFrom(entry: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const source = byPath.get(file);
    if (source === undefined) continue;
    for (const { target, isOurs } of importsOf(source))
      if (isOurs) open.push(`${target}.ts`);
      else reached.add(packageOf(target));
  }
  return reached;
}

/** Whatever runs in a thread says so: it reads its port or its data, or is served by the library that does. */
const entries = sources
  .filter(({ text }) =>
    /^await serveWorker[<(]|\b(parentPort|workerData)\b.*from 'node:worker_threads'/m.test(text),
  )
  .map(({ path: file }) => file);

test('entries of threads are found', () => {
  expect(entries).toEqual(
    expect.arrayContaining([
      'runtime/node/engine-worker.ts',
      'runtime/node/intake-worker.ts',
      'storage/reader/thread.ts',
      'storage/writer/thread.ts',
    ]),
  );
});

test.each(entries)('%s reaches no socket', (entry) => {
  expect(reachableFrom(entry)).not.toContain('zeromq');
});

test('the same look finds the socket where there is one', () => {
  expect(reachableFrom('runtime/node/serve-backtests.ts')).toContain('zeromq');
});

test("'holdfast/worker' loads neither the kernel nor anything native", () => {
  const reached = reachableFrom('runtime/node/worker.ts');
  expect([...reached].filter((file) => /^(actors\/kernel|supervisors)\//.test(file))).toEqual([]);
  const manifest = JSON.parse(readFileSync(path.resolve('package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  expect(manifest.exports).toHaveProperty(['./worker']);
  const program = "console.log(Object.keys(await import('holdfast/worker')).sort().join())";
  const node = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(node).toBe('WorkerFailure,serveWorker\n');
});
