#!/usr/bin/env node
// Plays random systems on the kernel, one for each seed, with faults injected, and checks its laws after every turn.
// `--help` tells the rest.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { parseArgs } from 'node:util';

const help = `Plays random systems on the kernel: about twenty actors and two hundred messages for each seed.

  node scripts/chaos-kernel.mjs                      ten thousand fresh seeds
  node scripts/chaos-kernel.mjs --seeds 500          fewer
  node scripts/chaos-kernel.mjs --seed 4711          one seed again, exactly, and the smallest system that fails like it
  node scripts/chaos-kernel.mjs --planted            each planted bug: how many seeds it takes to find it, and its story
  node scripts/chaos-kernel.mjs --planted early_timer --seeds 2000
  node scripts/chaos-kernel.mjs --json               one line of JSON for each seed or bug, nothing else

  --seeds N      how many; with --planted, how many at most for each bug     (10000; 1000)
  --from S       the first seed; without it a fresh one is drawn and printed
  --seed S       this one only
  --planted ID   bugs from tests/sim/planted.json, or another file of the form of tests/kernel/mutation/mutants.json by --bugs
  --shrink MS    how long to look for a smaller system that breaks the same law (20000 with --seed and --planted, else 0)

Exit code 0: every law held, or every planted bug was found. 1: not so. 2: wrong options.
A law that is broken prints its seed; --seed with it replays the run.`;

const repository = path.resolve(import.meta.dirname, '..');
const options = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  seed: { type: 'string' },
  planted: { type: 'boolean' },
  bugs: { type: 'string' },
  shrink: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

function readOptions() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}

const { values, positionals } = readOptions();
if (values.help) {
  console.log(help);
  process.exit(0);
}
const wholeNumber = (name, least) => {
  if (values[name] === undefined) return undefined;
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`--${name}: expected a whole number from ${least}, got ${values[name]}`);
  process.exit(2);
};
const isPlanted = values.planted === true || values.bugs !== undefined;
const seeds = wholeNumber('seeds', 1) ?? (isPlanted ? 1_000 : 10_000);
const one = wholeNumber('seed', 0);
const from = one ?? wholeNumber('from', 0) ?? (isPlanted ? 1 : Math.floor(Math.random() * 1e9));
const shrinkMs = wholeNumber('shrink', 0) ?? (one !== undefined || isPlanted ? 20_000 : 0);
const print = (line) => {
  if (!values.json) console.log(line);
};
if (!existsSync(path.join(repository, 'tests/sim/chaos.ts'))) {
  console.error('The simulation is part of the sources, and this is a package without its tests.');
  process.exit(2);
}

// A copy in which bugs can be planted, as plain modules: the sources are only stripped of their types.

const { transformSync } = await import('@swc/core');
const copied = ['actors', 'supervisors', 'protocols', 'runtime', 'tests/sim'];
const copy = mkdtempSync(path.join(tmpdir(), 'holdfast-chaos-'));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
writeFileSync(path.join(copy, 'package.json'), '{"type":"module"}');
symlinkSync(path.join(repository, 'node_modules'), path.join(copy, 'node_modules'));
for (const folder of copied)
  for (const entry of readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
      compile(path.relative(repository, path.join(entry.parentPath, entry.name)));

function compile(file, change = (text) => text) {
  const text = change(readFileSync(path.join(repository, file), 'utf8'));
  const { code } = transformSync(text, {
    filename: file,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
    sourceMaps: false,
  });
  const target = path.join(copy, file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code);
}

/** Seconds that one seed may take before the kernel counts as hung. */
const PATIENCE_S = 60;

/**
 * Plays seeds in a process of their own, which a bug may hang or kill.
 * @param heard gets each result, and answers whether that is enough
 */
function play(firstSeed, count, shrink, heard) {
  return new Promise((resolve) => {
    const args = [path.join(copy, 'tests/sim/chaos.js'), firstSeed, count, shrink].map(String);
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let next = firstSeed;
    let enough = false;
    let errors = '';
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_S * 1_000 + shrink);
    };
    wait();
    child.stderr.on('data', (bytes) => (errors = (errors + bytes).slice(-2_000)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (enough) return;
      wait();
      const result = JSON.parse(line);
      next = result.seed + 1;
      enough = heard(result);
      if (enough) child.kill('SIGKILL');
    });
    child.once('close', () => {
      clearTimeout(timer);
      if (!enough && next < firstSeed + count) {
        const problem = errors === '' ? `seed ${next} did not end within ${PATIENCE_S} s` : errors;
        heard({ seed: next, broken: { law: 'the run ends', problem, story: '' } });
      }
      resolve();
    });
  });
}

const told = ({ law, problem, story }) => `  ${law}: ${problem}\n${story.replaceAll(/^/gm, '    ')}`;

async function playSeeds() {
  const total = { seeds: 0, cpuMs: 0, actors: 0, sent: 0, turns: 0, faults: 0 };
  const failures = [];
  const startedMs = performance.now();
  const perMinute = () => Math.round((total.seeds / (performance.now() - startedMs)) * 60_000);
  const count = one === undefined ? seeds : 1;
  print(`${count} seeds from ${from}`);
  let shownMs = startedMs;
  // What crashes its process leaves the seeds behind it to the next one.
  for (let next = from; next < from + count;)
    await play(next, from + count - next, shrinkMs, (result) => {
      next = result.seed + 1;
      total.seeds++;
      total.cpuMs = result.cpuMs ?? total.cpuMs;
      total.actors += result.actors ?? 0;
      total.sent += result.sent ?? 0;
      total.turns += result.turns ?? 0;
      total.faults += result.faults ?? 0;
      if (values.json) console.log(JSON.stringify(result));
      if (result.broken !== undefined) {
        failures.push(result);
        print(`\nseed ${result.seed}:\n${told(result.broken)}`);
        if (result.shrunk?.broken !== undefined)
          print(
            `\nthe smallest like it, after ${result.shrunk.shrinks} steps:\n${told(result.shrunk.broken)}`,
          );
        print(`\nagain: node scripts/chaos-kernel.mjs --seed ${result.seed}`);
      }
      if (performance.now() - shownMs > 5_000) {
        shownMs = performance.now();
        print(`  ${total.seeds} seeds, ${perMinute()} a minute, ${failures.length} with a broken law`);
      }
      return failures.length >= 20;
    }).then(() => {
      if (failures.length >= 20) next = Infinity;
    });
  const mean = (sum) => Math.round(sum / Math.max(1, total.seeds));
  print(
    `${total.seeds} seeds, ${perMinute()} a minute, ${Math.round((total.seeds / Math.max(1, total.cpuMs)) * 60_000)} by processor time of one core; each about ${mean(total.actors)} actors, ${mean(total.sent)} messages, ${mean(total.turns)} turns and ${mean(total.faults)} faults; ` +
      (failures.length === 0
        ? 'every law held'
        : `${failures.length} with a broken law: ${failures.map(({ seed }) => seed).join(', ')}`),
  );
  return failures.length === 0;
}

function planted() {
  const file = values.bugs ?? path.join(repository, 'tests/sim/planted.json');
  const all = JSON.parse(readFileSync(file, 'utf8'));
  const chosen = positionals.length === 0 ? all : all.filter(({ id }) => positionals.includes(id));
  if (chosen.length > 0) return chosen;
  console.error(`no such bug; there are ${all.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

async function playPlanted() {
  let missed = 0;
  for (const { id, what, file, search, replace } of planted()) {
    compile(file, (text) => {
      if (text.split(search).length !== 2) throw new Error(`${id}: its text does not occur once in ${file}`);
      return text.replace(search, () => replace);
    });
    let found;
    const startedMs = performance.now();
    await play(from, seeds, shrinkMs, (result) => {
      found = result.broken === undefined ? undefined : result;
      return found !== undefined;
    });
    compile(file);
    const after = found === undefined ? null : found.seed - from + 1;
    if (found === undefined) missed++;
    if (values.json)
      console.log(
        JSON.stringify({
          id,
          what,
          seeds: after,
          ms: Math.round(performance.now() - startedMs),
          found: found ?? null,
        }),
      );
    print(
      found === undefined
        ? `${id}: NOT FOUND in ${seeds} seeds: ${what}`
        : `${id}: found by seed ${found.seed}, after ${after}: ${what}`,
    );
    if (found !== undefined) print(`${told(found.shrunk?.broken ?? found.broken)}\n`);
  }
  print(missed === 0 ? 'all found' : `${missed} not found`);
  return missed === 0;
}

process.exitCode = (await (isPlanted ? playPlanted() : playSeeds())) ? 0 : 1;
