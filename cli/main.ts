import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCancel } from './cancel.js';
import { addCandles } from './candles.js';
import { addConfig } from './config.js';
import { addDb } from './db.js';
import { addDemo } from './demo.js';
import { addDispatch } from './dispatch.js';
import { addDlq } from './dlq.js';
import { explain, UsageError } from './failure.js';
import { painter } from './output.js';
import { addLanes } from './lanes.js';
import { addPairs } from './pairs.js';
import { addRepl } from './repl.js';
import { addRun } from './run.js';
import { addServeBacktests } from './serve-backtests.js';
import { addStart } from './start.js';
import { addStatus } from './status.js';
import { addSubmit } from './submit.js';
import { exitCodes } from './exit-codes.js';

const examples = `
Examples:
  holdfast demo --once                       sample candles and strategies, the whole pipeline, then end
  holdfast run --once --candles data --strategies strategies.sexp --json out.json
  holdfast run --candles data --strategies strategies.sexp     the same, and stay up to be looked at
  holdfast status                            what the run in this folder is doing, or has done
  holdfast repl                              look into the live process: help() teaches
  holdfast start --config holdfast.jsonc     as a daemon, by a configuration; holdfast submit hands it more
  holdfast pairs explain                     which strategies are paired, and why others are not
  holdfast dispatch pause                    nothing new goes out to the engine, until holdfast dispatch resume
  holdfast lanes                             who is told of what, and what keeps a webhook from taking it
  holdfast dlq list                          what could not be delivered, and why
  holdfast candles check data/*.csv          would these files be accepted, and if not, why

Exit codes: 0 ended, 1 nothing usable or unexpected, 2 usage, 66 input missing, 69 dependency missing,
70 supervision gave up, 73 database locked or not creatable, 74 disk, 75 port in use, 78 configuration,
130/143 ended by Ctrl-C/SIGTERM (in order; a second one forces).
`;

const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  }
).version;

function program(): Command {
  const command = new Command('holdfast')
    .description(
      'A fault-tolerant pipeline for trading research: strategies in, backtests out, nothing lost.',
    )
    .version(version)
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', examples);
  // Subcommands inherit these when they are made, so they come after.
  command.exitOverride();
  addRun(command);
  addDemo(command);
  addStart(command);
  addSubmit(command);
  addStatus(command);
  addRepl(command);
  addDb(command);
  addCandles(command);
  addPairs(command);
  addDispatch(command);
  addCancel(command);
  addLanes(command);
  addDlq(command);
  addConfig(command);
  addServeBacktests(command);
  return command;
}

/** A pipe that is closed early, as by `head`, is the reader's choice and no failure. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ended;
    // Without a command the help has been shown; everything else is told in one line.
    if (error.code === 'commander.help') return exitCodes.usage;
    return report(
      new UsageError(`${error.message.replace(/^error: /, '')}; holdfast --help tells what there is`),
    );
  }
  const { line, exitCode, details } = explain(error);
  process.stderr.write(`${painter(process.stderr)('red', 'holdfast:')} ${line.replace(/\s*\n\s*/g, ' ')}\n`);
  for (const detail of details) process.stderr.write(`  ${detail.replace(/\s*\n\s*/g, ' ')}\n`);
  return exitCode;
}
