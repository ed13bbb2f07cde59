/** Holds the repository to its own style. Each rule has its test, and a planted offence that proves it can fail. */
import { describe, expect, test } from '@jest/globals';
import {
  acrossSubsystems,
  againstTheLayers,
  ofProgramsOrTests,
  ofTheKernel,
  outsideTheirHome,
} from './tidy/import-rules.js';
import { importsOf, type Offence, packageOf, repositoryFiles, type Source } from './tidy/sources.js';
import {
  anyTypes,
  emptyNames,
  LINES_MAX,
  machineTraces,
  notKebabCase,
  silencing,
  tooLong,
  tradingInTheKernel,
  worldTouched,
} from './tidy/text-rules.js';

const files = repositoryFiles();
const code = files.filter(({ path }) => path.endsWith('.ts'));

interface Rule {
  readonly name: string;
  readonly judge: (source: Source) => readonly Offence[];
  /** Path and text of files that must offend. */
  readonly offending: readonly (readonly [path: string, text: string])[];
  /** Path and text of files that come close and must not. */
  readonly innocent: readonly (readonly [path: string, text: string])[];
}

const rules: readonly Rule[] = [
  {
    name: 'imports run protocols <- actors <- supervisors <- runtime <- cli, and storage <- its drivers',
    judge: againstTheLayers,
    offending: [
      ['protocols/name.ts', "import { child } from '../actors/kernel/child-spec.js';"],
      ['actors/kernel/turn.ts', "import type { Db } from '../../storage/database.js';"],
      ['actors/notifier/lane.ts', "export * from '../../supervisors/root.js';"],
      ['supervisors/root.ts', "const start = await import('../runtime/start.js');"],
      ['supervisors/kernel/slot.ts', "import { root } from '../root.js';"],
      ['storage/errors.ts', "type Port = import('../actors/db-writes/writer.js').Port;"],
      ['runtime/start.ts', "import { main } from '../cli/main.js';"],
      ['cli/status.ts', "import { open } from '../storage/database.js';"],
    ],
    innocent: [
      [
        'actors/db-writes/writer.ts',
        "import { open } from '../../storage/database.js'; import { x } from '../kernel/turn.js';",
      ],
      [
        'protocols/sexp/read.ts',
        "import { limits } from './limits.js'; import { name } from '../name.js'; import fs from 'node:fs';",
      ],
      ['tests/kernel/turn.test.ts', "import { main } from '../../cli/main.js';"],
    ],
  },
  {
    name: 'no subsystem imports from another one',
    judge: acrossSubsystems,
    offending: [['actors/notifier/lane.ts', "import { lease } from '../backtest-dispatch/lease.js';"]],
    innocent: [
      [
        'actors/notifier/lane.ts',
        "import { child } from '../kernel/child-spec.js'; import { pace } from './pace.js';",
      ],
      ['supervisors/root.ts', "import { lease } from '../actors/backtest-dispatch/lease.js';"],
    ],
  },
  {
    name: 'nothing imports the command line, and nothing shipped imports the tests',
    judge: ofProgramsOrTests,
    offending: [
      ['bench/mailbox.bench.ts', "import { main } from '../cli/main.js';"],
      ['runtime/testing/index.ts', "import { fake } from '../../tests/sim/fake.js';"],
    ],
    innocent: [['cli/main.ts', "import { status } from './status.js';"]],
  },
  {
    name: 'nact, better-sqlite3 and zeromq are each imported only at home',
    judge: outsideTheirHome,
    offending: [
      ['actors/kernel/actor.ts', "import { start } from 'nact';"],
      ['runtime/node/database.ts', "import Database from 'better-sqlite3';"],
      ['actors/backtest-dispatch/links.ts', "const zmq = require('zeromq');"],
    ],
    innocent: [
      ['storage/database.ts', "import Database from 'better-sqlite3';"],
      ['tests/wire/socket.test.ts', "import * as zmq from 'zeromq';"],
    ],
  },
  {
    name: 'the kernel imports no package but nact',
    judge: ofTheKernel,
    offending: [['supervisors/kernel/supervisor.ts', "import { z } from 'zod';"]],
    innocent: [['supervisors/root.ts', "import { z } from 'zod';"]],
  },
  {
    name: 'the kernel never speaks of trading',
    judge: tradingInTheKernel,
    offending: [
      ['actors/kernel/mailbox.ts', '/** Room for one backtest. */'],
      ['supervisors/kernel/slot.ts', 'const candleFile = 1;'],
      ['actors/kernel/turn.ts', '// one trade per turn'],
    ],
    innocent: [
      ['supervisors/kernel/strategy.ts', "export type Strategy = 'one_for_one';"],
      ['actors/notifier/lane.ts', '// one trade per turn'],
    ],
  },
  {
    name: 'clocks, timers, randomness, environment and console are touched only below runtime/node and in programs',
    judge: worldTouched,
    offending: [
      ['actors/kernel/timers.ts', 'const nowMs = Date.now();'],
      ['protocols/name.ts', 'export const jitter = () => Math.random();'],
      ['actors/kernel/actor.ts', 'setImmediate(() => {});'],
      ['storage/database.ts', 'const wait = globalThis.setTimeout;'],
      ['runtime/config.ts', 'export const home = process.env["HOME"];'],
      ['runtime/start.ts', 'console.log(1);'],
      ['supervisors/root.ts', 'export const bornAt = new Date();'],
      ['actors/kernel/nact-host.ts', 'setTimeout(() => {}, 1);'],
      ['actors/notifier/lane.ts', "import { setTimeout as delay } from 'node:timers/promises';"],
      ['storage/tables/boots.ts', "import { randomUUID } from 'node:crypto';"],
    ],
    innocent: [
      ['runtime/node/clock.ts', 'export const wallMs = () => Date.now();'],
      ['actors/kernel/nact-host.ts', 'setImmediate(() => {}); queueMicrotask(() => {});'],
      [
        'actors/kernel/timers.ts',
        'interface Timers { setTimeout(run: () => void): void } declare const t: Timers; t.setTimeout(() => {});',
      ],
      [
        'storage/database.ts',
        'export const shown = (wallMs: number) => new Date(wallMs).toISOString(); // Date.now()',
      ],
    ],
  },
  {
    name: 'no type is any',
    judge: anyTypes,
    offending: [['cli/main.ts', 'export const x = JSON.parse("1") as ' + 'any;']],
    innocent: [['cli/main.ts', 'export const any = 1; // any']],
  },
  {
    name: 'no comment silences the compiler or the linter',
    judge: silencing,
    offending: [
      ['cli/main.ts', '// @ts-' + 'ignore'],
      ['scripts/setup.mjs', '/* eslint' + '-disable no-console */'],
      ['cli/main.ts', '// @ts-' + 'expect-error'],
    ],
    innocent: [['tests/kernel/name.test.ts', '// @ts-' + 'expect-error a name of another message type']],
  },
  {
    name: `no file is longer than ${LINES_MAX} lines`,
    judge: tooLong,
    offending: [['cli/main.ts', 'x;\n'.repeat(LINES_MAX + 1)]],
    innocent: [
      ['cli/main.ts', 'x;\n'.repeat(LINES_MAX)],
      ['package-lock.json', '\n'.repeat(LINES_MAX + 1)],
    ],
  },
  {
    name: 'files and folders are named in kebab-case',
    judge: notKebabCase,
    offending: [
      ['actors/kernel/childSpec.ts', ''],
      ['actors/oos_requests/scheduler.ts', ''],
    ],
    innocent: [
      ['tests/kernel/child-spec.test.ts', ''],
      ['docs/README.md', ''],
      ['.ci/run', ''],
    ],
  },
  {
    name: 'no name says manager, helper, util or misc',
    judge: emptyNames,
    offending: [
      ['cli/cli-utils.ts', ''],
      ['cli/main.ts', 'class SocketManager {}'],
      ['cli/main.ts', 'const time_helpers = 1;'],
    ],
    innocent: [['cli/main.ts', "import { inspect } from 'node:util'; const utilization = inspect(1);"]],
  },
  {
    name: 'no file names a folder of one machine or a package host',
    judge: machineTraces,
    offending: [
      ['README.md', 'cd ' + '/' + 'home/me/holdfast'],
      ['cli/main.ts', "const data = '/" + "tmp/data';"],
      ['.npmrc', 'registry=https://' + 'regis' + 'try.example.org'],
    ],
    innocent: [['README.md', 'open http://127.0.0.1:8080/home/me and read src/work/it']],
  },
];

describe.each(rules)('$name', ({ judge, offending, innocent }) => {
  test('holds in the whole repository', () => {
    expect(files.flatMap(judge)).toEqual([]);
  });

  test('finds what is planted and spares what only looks like it', () => {
    for (const [path, text] of offending)
      expect({ path, text, isFound: judge({ path, text }).length > 0 }).toEqual({
        path,
        text,
        isFound: true,
      });
    for (const [path, text] of innocent)
      expect({ path, text, found: judge({ path, text }) }).toEqual({ path, text, found: [] });
  });
});

test('nact has exactly one importer', () => {
  const importers = code
    .filter(({ path }) => !/^(tests|bench)\//.test(path))
    .filter((source) =>
      importsOf(source).some(({ target, isOurs }) => !isOurs && packageOf(target) === 'nact'),
    );
  expect(importers.map(({ path }) => path)).toEqual(['actors/kernel/nact-host.ts']);
});

test('the rules see the repository', () => {
  expect(code.length).toBeGreaterThan(50);
  expect(files.map(({ path }) => path)).toContain('package.json');
});
