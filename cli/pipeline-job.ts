import path from 'node:path';
import { describeReason } from '../protocols/exit-reason.js';
import type { Summary } from '../protocols/summary.js';
import { isDiskProblem, kindOf, mayWriteIn, writeWhole } from '../runtime/node/files.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { requireInputs } from '../runtime/pipeline/require-inputs.js';
import { JobInterrupted, runJob, startPipeline } from '../runtime/pipeline/index.js';
import type { JobInput, Pipeline } from '../runtime/pipeline/index.js';
import { watchSignals } from './interrupt.js';
import type { Interrupt } from './interrupt.js';
import { painter, print, printJson } from './output.js';
import { progressFor } from './progress.js';
import type { PipelineFlags } from './run-options.js';
import { summaryText } from './summary-text.js';

/** Where a line for a person goes now. */
interface Face {
  note: (line: string) => void;
}

/** What is still running so long after everything has been stopped will not end by itself. */
const lingerMs = 5_000;

/** Runs the main job, prints its summary and, unless `--once`, stays up; sets the exit code of the process. */
export async function runPipelineJob(flags: PipelineFlags, input: JobInput): Promise<void> {
  await requireInputs(input);
  await requirePlaceFor(flags.json);
  const say = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`);
  };
  const interrupt = watchSignals(say);
  const face: Face = { note: (line) => void process.stderr.write(`${line}\n`) };
  const pipeline = await startPipeline({
    file: flags.db,
    httpPort: flags.httpPort,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    dispatch: {
      ...(flags.batch === undefined ? {} : { batchMax: flags.batch }),
      ...(flags.intervalMs === undefined ? {} : { intervalMs: flags.intervalMs }),
    },
    notifier: { console: { write: (line) => face.note(line) } },
  });
  // An end by itself is a defeat of supervision; an end that we ask for below resolves the same promise later.
  const gaveUp = pipeline.exited.then((reason): never => {
    throw new PipelineFailure('root_gave_up', `supervision gave up: ${describeReason(reason)}`);
  });
  gaveUp.catch(() => undefined);
  try {
    await Promise.race([work(flags, input, pipeline, interrupt, { say, face }), gaveUp]);
  } finally {
    await pipeline.stop();
    const code = interrupt.exitCode();
    if (code !== undefined) process.exitCode = code;
    setTimeout(() => process.exit(), lingerMs).unref();
  }
}

async function work(
  flags: PipelineFlags,
  input: JobInput,
  pipeline: Pipeline,
  interrupt: Interrupt,
  { say, face }: { readonly say: (line: string) => void; readonly face: Face },
): Promise<void> {
  const url = pipeline.url();
  if (url !== null) say(`page: ${painter(process.stderr)('cyan', `${url}/`)}`);
  const progress = progressFor(flags.quiet ? 'none' : process.stderr.isTTY ? 'bars' : 'lines');
  // Lines and bars share a terminal; a notification is shown also to who wants no progress.
  if (!flags.quiet) face.note = (line) => progress.note(line);
  try {
    const summary = await runJob(pipeline, input, { signal: interrupt.signal, progress });
    progress.close();
    await deliver(summary, flags);
  } catch (error) {
    if (error instanceof JobInterrupted) return;
    throw error;
  } finally {
    progress.close();
  }
  if (flags.once) return;
  say('the job has ended; staying up until Ctrl-C');
  await interrupt.asked;
}

async function deliver(summary: Summary, { json }: PipelineFlags): Promise<void> {
  if (json === true) {
    await printJson(summary);
    return;
  }
  if (json !== undefined) await writeSummary(json, summary);
  await print(summaryText(summary, painter(process.stdout)));
}

async function writeSummary(file: string, summary: Summary): Promise<void> {
  try {
    await writeWhole(file, `${JSON.stringify(summary, null, 2)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const code = isDiskProblem(cause) ? 'disk' : 'failed';
    throw new PipelineFailure(code, `the summary could not be written to ${file}: ${reason}`, { cause });
  }
}

async function requirePlaceFor(json: true | string | undefined): Promise<void> {
  if (json === undefined || json === true) return;
  const folder = path.dirname(path.resolve(json));
  if ((await kindOf(folder)) !== 'folder')
    throw new PipelineFailure(
      'input_missing',
      `--json ${json}: expected an existing folder, found ${folder} missing`,
    );
  // Asked before the job, which may take an hour, and not when there is a summary to write.
  const problem =
    (await kindOf(json)) === 'folder'
      ? 'a folder'
      : (await mayWriteIn(folder))
        ? null
        : `that this user may not write in ${folder}`;
  if (problem !== null)
    throw new PipelineFailure('locked', `--json ${json}: expected a file that can be made, found ${problem}`);
}
