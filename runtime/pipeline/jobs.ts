/**
 * The daemon's jobs, one after another. A submitted job is durable before it is accepted, with a copy of its strategies, and
 * every step of a job is repeatable: so after a kill it is queued again and goes on where it was. A job that fails is
 * reported and the next one begins; one that the disk or a lock keeps from going on waits, and so do those behind it.
 */
import path from 'node:path';
import { describeError } from '../../protocols/exit-reason.js';
import type { Summary } from '../../protocols/summary.js';
import type { JobFiles } from '../node/job-files.js';
import { PipelineFailure } from './failure.js';
import { isOver, jobSchema, newJobId } from './job.js';
import type { Job } from './job.js';
import { JobInterrupted } from './job-context.js';
import type { JobInput } from './run-job.js';

export const defaults = {
  queuedMax: 100,
  /** Jobs that are over, kept to be asked about; the oldest go first. */
  overMax: 200,
  /** Pauses while something outside keeps a job from going on. */
  pausesMs: [1_000, 2_000, 5_000, 10_000, 30_000],
  /** Between two looks whether the disk takes jobs again. */
  probeMs: 1_000,
} as const;

export interface JobsPorts {
  readonly files: JobFiles;
  readonly run: (input: JobInput, signal: AbortSignal) => Promise<Summary>;
  readonly wallMs: () => number;
  /** Resolves after the time, or at once when the signal comes. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly bootId: string;
  /** Told of each job at each change; also what cannot be kept. */
  readonly changed: (job: Job) => void;
  readonly trouble: (line: string) => void;
  /** The disk takes no jobs, and why; null once it does again. */
  readonly disk: (problem: string | null) => void;
}

export type Refused = {
  readonly ok: false;
  readonly code: 'queue_full' | 'disk' | 'input';
  readonly message: string;
};
export type Submitted = { readonly ok: true; readonly job: Job } | Refused;

export class Jobs {
  readonly #ports: JobsPorts;
  readonly #limits: {
    readonly queuedMax: number;
    readonly overMax: number;
    readonly pausesMs: readonly number[];
    readonly probeMs: number;
  };
  /** In the order in which they are done. */
  #jobs: readonly Job[] = [];
  #count = 0;
  #wake: () => void = () => undefined;
  #signal: AbortSignal = new AbortController().signal;
  #isProbing = false;

  constructor(ports: JobsPorts, limits: Partial<typeof defaults> = {}) {
    this.#ports = ports;
    this.#limits = { ...defaults, ...limits };
  }

  get all(): readonly Job[] {
    return this.#jobs;
  }

  find(jobId: string): Job | undefined {
    return this.#jobs.find((job) => job.jobId === jobId);
  }

  /** Takes up what an earlier process left. @throws with the system's `code` */
  async recover(): Promise<void> {
    const found: Job[] = [];
    for (const [jobId, written] of await this.#ports.files.readAll()) {
      const parsed = jobSchema.safeParse(written);
      if (!parsed.success) {
        this.#ports.trouble(`the job in ${jobId} cannot be read, and is left as it is`);
        continue;
      }
      const job = parsed.data;
      found.push(isOver(job) ? job : { ...job, state: 'queued', startedWallMs: null, problem: null });
    }
    this.#jobs = found;
  }

  /** Jobs of the configuration go before what was submitted; one that waits for its turn already is not asked for twice. */
  configure(inputs: readonly JobInput[]): void {
    const waiting = this.#jobs.filter((job) => !(job.origin === 'configuration' && job.state === 'queued'));
    const at = waiting.findIndex((job) => job.state === 'queued');
    const jobs = inputs.map((input) => this.#newJob(input, 'configuration', 'the configuration'));
    const before = at === -1 ? waiting : waiting.slice(0, at);
    this.#jobs = [...before, ...jobs, ...(at === -1 ? [] : waiting.slice(at))];
    this.#wake();
  }

  /** Durable when it is accepted. */
  async submit(input: JobInput, by: string): Promise<Submitted> {
    const queued = this.#jobs.filter(({ state }) => state === 'queued' || state === 'waiting');
    if (queued.length >= this.#limits.queuedMax)
      return { ok: false, code: 'queue_full', message: `${queued.length} jobs wait already` };
    const job = this.#newJob(input, 'submitted', by);
    try {
      await this.#ports.files.create(job.jobId, job, input.strategies);
    } catch (error) {
      const refused = refusalOf(error, input);
      if (refused.code === 'disk') void this.#probe(refused.message);
      return refused;
    }
    this.#jobs = [...this.#jobs, job];
    this.#ports.changed(job);
    this.#wake();
    return { ok: true, job };
  }

  #newJob(input: JobInput, origin: Job['origin'], by: string): Job {
    const wallMs = this.#ports.wallMs();
    return {
      jobId: newJobId(wallMs, this.#ports.bootId, ++this.#count),
      state: 'queued',
      origin,
      by,
      strategies: input.strategies,
      candles: input.candles,
      symbol: input.symbol,
      acceptOutliers: input.acceptOutliers,
      submittedWallMs: wallMs,
      startedWallMs: null,
      endedWallMs: null,
      problem: null,
      summary: null,
    };
  }

  /** Does the jobs until the signal comes; what is under way then is interrupted, and stays queued. */
  async work(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      const next = this.#jobs.find(({ state }) => state === 'queued');
      if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else await this.#do(next, signal);
    }
  }

  async #do(queued: Job, signal: AbortSignal): Promise<void> {
    const { files, run, wallMs, pause } = this.#ports;
    const isEnding = (): boolean => signal.aborted;
    const { candles, symbol, acceptOutliers, jobId } = queued;
    const isKept = queued.origin === 'submitted';
    const strategies = isKept ? files.strategiesOf(jobId, queued.strategies) : queued.strategies;
    const job = { ...queued, startedWallMs: wallMs() };
    for (let attempt = 0; ; attempt++) {
      await this.#save({ ...job, state: 'running' });
      try {
        const summary = await run({ candles, strategies, symbol, acceptOutliers }, signal);
        await this.#save({ ...job, state: 'ended', summary, endedWallMs: wallMs() });
        break;
      } catch (error) {
        if (error instanceof JobInterrupted || isEnding()) return;
        const problem = problemOf(error);
        if (!waits(error)) {
          await this.#save({ ...job, state: 'failed', problem, endedWallMs: wallMs() });
          break;
        }
        await this.#save({ ...job, state: 'waiting', problem });
        const { pausesMs } = this.#limits;
        await pause(pausesMs[Math.min(attempt, pausesMs.length - 1)] ?? 0, signal);
        if (isEnding()) return;
      }
    }
    await this.#forget(jobId, isKept);
  }

  /** What cannot be written down now is in memory all the same; a kill then does the job again, which changes nothing. */
  async #save(job: Job): Promise<void> {
    this.#jobs = this.#jobs.map((each) => (each.jobId === job.jobId ? job : each));
    this.#ports.changed(job);
    if (job.origin !== 'submitted') return;
    await this.#ports.files.write(job.jobId, job).catch((error: unknown) => {
      const problem = `job ${job.jobId} could not be noted: ${describeError(error)}`;
      this.#ports.trouble(problem);
      void this.#probe(problem);
    });
  }

  /** Nobody may ask for anything until the disk has room again, so it is tried without being asked. */
  async #probe(problem: string): Promise<void> {
    const { disk, files, pause } = this.#ports;
    disk(problem);
    if (this.#isProbing) return;
    this.#isProbing = true;
    let isWell = false;
    while (!isWell && !this.#signal.aborted) {
      await pause(this.#limits.probeMs, this.#signal);
      isWell = await files.probe().then(
        () => true,
        () => false,
      );
    }
    this.#isProbing = false;
    disk(null);
  }

  async #forget(jobId: string, isKept: boolean): Promise<void> {
    const { files, trouble } = this.#ports;
    const over = this.#jobs.filter(isOver);
    const gone = over.slice(0, Math.max(0, over.length - this.#limits.overMax));
    this.#jobs = this.#jobs.filter((job) => !gone.includes(job));
    try {
      if (isKept) await files.dropStrategies(jobId);
      for (const job of gone) if (job.origin === 'submitted') await files.remove(job.jobId);
    } catch (error) {
      trouble(`files of old jobs could not be removed: ${describeError(error)}`);
    }
  }
}

/** Disks and locks clear up; a missing folder or an empty file does not. */
const waits = (error: unknown): boolean =>
  error instanceof PipelineFailure && (error.retryable || error.code === 'disk' || error.code === 'locked');

const problemOf = (error: unknown): NonNullable<Job['problem']> => ({
  code: error instanceof PipelineFailure ? error.code : 'unexpected',
  message: error instanceof PipelineFailure ? error.message : describeError(error),
});

const inputCodes = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EFBIG']);

function refusalOf(error: unknown, { strategies }: JobInput): Refused {
  const code = codeOf(error);
  const isInput = inputCodes.has(code ?? '');
  return {
    ok: false,
    code: isInput ? 'input' : 'disk',
    message: isInput
      ? `${path.basename(strategies)} cannot be read: ${code ?? ''}`
      : `the job could not be kept: ${code ?? describeError(error)}`,
  };
}

const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
