import type { Command } from 'commander';
import { describeReason } from '../protocols/exit-reason.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { addConfigOptions, configFailure } from './config.js';
import type { ConfigFlags } from './config.js';
import { watchSignals } from './interrupt.js';
import type { Interrupt } from './interrupt.js';
import { painter } from './output.js';
import { progressFor } from './progress.js';

interface Flags extends ConfigFlags {
  readonly quiet: boolean;
}

const help = `
Runs in the foreground, as systemd wants it: does the jobs of the configuration, then what holdfast submit hands over, and
stays. A job that fails is told and the next one begins; a full disk or a locked store is waited out, and health is red
meanwhile. SIGHUP reads the configuration again and does its jobs again: what is done already is not done twice. A broken
configuration ends the start with 78; at a reload it changes nothing, and health is red until it is put right.
Ctrl-C or SIGTERM ends it in order (130, 143), a second one at once.

Changes of files are not watched for: send SIGHUP, or submit.

Examples:
  holdfast config example > holdfast.jsonc
  holdfast start --config holdfast.jsonc
  holdfast start --set inputs.candles=data --set inputs.strategies=strategies.sexp --set http.port=8090
  kill -HUP PID
`;

export function addStart(program: Command): void {
  addConfigOptions(
    program.command('start').description('Run as a daemon, in the foreground, by a configuration file.'),
  )
    .option('--quiet', 'no progress, only what a person should know', false)
    .addHelpText('after', help)
    .action(start);
}

async function start({ config: file, set = [], quiet }: Flags): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const interrupt = watchSignals(say);
  const reloads = new ReloadRequests();
  // Loaded here, so that help and wrong flags need no native module.
  const { readConfig } = await import('../runtime/pipeline/config-read.js');
  const readAgain = () => readConfig(file, set);
  const first = await readAgain();
  if (!first.ok) throw configFailure(file, first);
  const { startDaemon } = await import('../runtime/pipeline/daemon.js');
  const { close, ...progress } = progressFor(quiet ? 'none' : process.stderr.isTTY ? 'bars' : 'lines');
  const daemon = await startDaemon({
    config: first.config,
    readAgain: () =>
      readAgain().catch((error: unknown) => {
        // A file that is gone is a broken configuration too; anything else is a bug.
        if (!(error instanceof PipelineFailure)) throw error;
        return {
          ok: false,
          problems: [{ key: 'the file', expected: 'a file', found: 'nothing there', from: file ?? '' }],
        };
      }),
    progress,
    say,
    signal: interrupt.signal,
  });
  const { pipeline } = daemon;
  const url = pipeline.url();
  if (url !== null) say(`page: ${painter(process.stderr)('cyan', `${url}/`)}`);
  reloads.to(() => void daemon.reload('SIGHUP'));
  const gaveUp = pipeline.exited.then((reason): never => {
    throw new PipelineFailure('root_gave_up', `supervision gave up: ${describeReason(reason)}`);
  });
  gaveUp.catch(() => undefined);
  try {
    await Promise.race([daemon.ended, gaveUp]);
  } finally {
    close();
    await pipeline.stop();
    leave(interrupt);
  }
}

/** What is still running so long after everything has been stopped will not end by itself. */
const lingerMs = 5_000;

function leave(interrupt: Interrupt): void {
  const code = interrupt.exitCode();
  if (code !== undefined) process.exitCode = code;
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** SIGHUP would end a process that has no use for it yet: one that comes during the start is kept for after it. */
class ReloadRequests {
  #run: (() => void) | undefined;
  #isAsked = false;

  constructor() {
    process.on('SIGHUP', () => {
      if (this.#run === undefined) this.#isAsked = true;
      else this.#run();
    });
  }

  to(run: () => void): void {
    this.#run = run;
    if (this.#isAsked) run();
  }
}
