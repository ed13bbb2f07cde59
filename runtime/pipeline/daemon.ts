/**
 * The pipeline as a daemon: it does the jobs of its configuration, then what is submitted, and stays. Its configuration can
 * be read again while it runs; one that is broken changes nothing, and is told until it is put right.
 */
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import { newId, pause } from '../node/boot.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { jobFilesIn } from '../node/job-files.js';
import { pipelinePaths } from '../node/paths.js';
import type { ConfigOutcome, ConfigValues, DaemonConfig } from './config-load.js';
import { problemLine, showConfig } from './config-load.js';
import { settingKeys, settingOf } from './config-settings.js';
import type { SettingKey } from './config-settings.js';
import { Conditions } from './conditions.js';
import { daemonChanges, daemonPages } from './daemon-routes.js';
import type { DaemonFace } from './daemon-routes.js';
import { PipelineFailure } from './failure.js';
import type { Job } from './job.js';
import type { Progress } from './job-context.js';
import { Jobs } from './jobs.js';
import { requireInputs } from './require-inputs.js';
import { runJob } from './run-job.js';
import type { JobInput } from './run-job.js';
import { startPipeline } from './start-pipeline.js';
import type { Pipeline } from './start-pipeline.js';

export interface DaemonOptions {
  readonly config: DaemonConfig;
  /** Reads the configuration again, from where it came. */
  readonly readAgain: () => Promise<ConfigOutcome>;
  readonly progress: Progress;
  /** Something that a person should know. */
  readonly say: (line: string) => void;
  /** Comes when the daemon is to end. */
  readonly signal: AbortSignal;
}

export interface Daemon {
  readonly pipeline: Pipeline;
  /** One at a time. @returns what came of it, for people and programs */
  readonly reload: (by: string) => Promise<ReloadReport>;
  /** Resolves once the signal came and the job under way has been put back. */
  readonly ended: Promise<void>;
}

export interface ReloadReport {
  readonly ok: boolean;
  readonly hash: string;
  readonly problems: readonly string[];
  /** Changed, and in force with the next start only. */
  readonly waitForRestart: readonly SettingKey[];
}

const settingsMs = 30_000;

/** A store that refuses for so long is shown, and the job is begun again when it may take it. */
const redAfterMs = 5_000;

/** @throws PipelineFailure as `startPipeline` */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { clock } = nodeCapabilities;
  const { say, signal, progress } = options;
  const conditions = new Conditions(() => clock.wallMs());
  const first = options.config;
  const { values } = first;
  const live: { pipeline: Pipeline | undefined; config: DaemonConfig; atWallMs: number } = {
    pipeline: undefined,
    config: first,
    atWallMs: clock.wallMs(),
  };
  const jobs = new Jobs({
    files: jobFilesIn(pipelinePaths(values.db).jobs),
    run: async (input, ending) => {
      if (live.pipeline === undefined) throw new PipelineFailure('failed', 'the pipeline is not up');
      await requireInputs(input);
      const judged = { ...input, ...judgementOf(live.config.values) };
      return runJob(live.pipeline, judged, { signal: ending, progress, weatherMs: redAfterMs });
    },
    wallMs: () => clock.wallMs(),
    pause,
    changed: (job) => {
      noteJob(job, conditions, say);
      live.pipeline?.log.info('job.changed', { jobId: job.jobId, state: job.state, problem: job.problem });
    },
    trouble: (line) => {
      say(line);
      live.pipeline?.log.warn('job.trouble', { line });
    },
    disk: (problem) => {
      if (problem === null) conditions.clear('jobs-disk');
      else conditions.set('jobs-disk', problem);
    },
    bootId: newId(),
  });
  let reloading: Promise<unknown> = Promise.resolve();
  const reload = (by: string): Promise<ReloadReport> => {
    const done = reloading.then(() => reloadOnce(by));
    reloading = done.catch(() => undefined);
    return done;
  };
  const reloadOnce = async (by: string): Promise<ReloadReport> => {
    const outcome = await options.readAgain();
    const problems = outcome.ok
      ? await applyPace(live.pipeline, outcome.config, by)
      : outcome.problems.map(problemLine);
    if (!outcome.ok || problems.length > 0) {
      conditions.set('configuration', `the new configuration was refused: ${problems.join('; ')}`);
      say(`configuration refused, the last good one stays in force: ${problems.join('; ')}`);
      live.pipeline?.log.warn('config.refused', { by, problems, inForce: live.config.hash });
      return { ok: false, hash: live.config.hash, problems, waitForRestart: [] };
    }
    conditions.clear('configuration');
    live.config = outcome.config;
    live.atWallMs = clock.wallMs();
    const waitForRestart = waitingForRestart(first, outcome.config);
    audit(live.pipeline, outcome.config, by);
    say(
      `configuration ${outcome.config.hash} in force${waitForRestart.length === 0 ? '' : `; with the next start: ${waitForRestart.join(', ')}`}`,
    );
    jobs.configure(inputsOf(outcome.config.values));
    return { ok: true, hash: outcome.config.hash, problems: [], waitForRestart };
  };
  const face: DaemonFace = {
    jobs,
    usual: () => ({
      candles: live.config.values['inputs.candles'],
      symbol: live.config.values['inputs.symbol'],
      acceptOutliers: live.config.values['inputs.acceptOutliers'],
    }),
    standing: () => ({
      conditions: conditions.all,
      configuration: {
        hash: live.config.hash,
        file: live.config.file,
        inForceSinceWallMs: live.atWallMs,
        waitForRestart: waitingForRestart(first, live.config),
        settings: showConfig(live.config),
      },
      jobs: countStates(jobs.all),
    }),
    reload,
  };
  const pipeline = await startPipeline({
    file: values.db,
    httpPort: values['http.port'],
    httpHost: values['http.host'],
    ...(values['http.token'] === undefined ? {} : { token: values['http.token'].reveal() }),
    ...(values['engine.workers'] === undefined ? {} : { workers: values['engine.workers'] }),
    dispatch: paceOf(values),
    retention: {
      requestDays: values['retention.requestDays'],
      keyDays: values['retention.keyDays'],
      verdictsKept: values['retention.verdictsKept'],
    },
    notifier: {
      lanes: values['notifier.lanes'],
      topics: values['notifier.topics'],
      alternate: values['notifier.alternate'],
    },
    pages: daemonPages(face),
    changes: daemonChanges(face),
    conditions: () => conditions.all,
  });
  live.pipeline = pipeline;
  audit(pipeline, first, 'start');
  try {
    await jobs.recover();
  } catch (error) {
    // What was submitted is on the disk and stays there; what is submitted now may still find room.
    conditions.set('jobs', `submitted jobs could not be read: ${String(error)}`);
  }
  jobs.configure(inputsOf(values));
  return { pipeline, reload, ended: jobs.work(signal) };
}

function noteJob(job: Job, conditions: Conditions, say: (line: string) => void): void {
  const what = `job ${job.jobId} (${job.strategies})`;
  switch (job.state) {
    case 'waiting':
      conditions.set('job', `${what} waits: ${job.problem?.message ?? ''}`);
      say(`${what} waits, and goes on by itself: ${job.problem?.message ?? ''}`);
      return;
    case 'failed':
      conditions.clear('job');
      say(`${what} failed: ${job.problem?.message ?? ''}`);
      return;
    case 'ended':
      conditions.clear('job');
      say(`${what} ended`);
      return;
    case 'running':
      say(`${what} begins`);
      return;
    case 'queued':
      return;
  }
}

function countStates(jobs: readonly Job[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { queued: 0, running: 0, waiting: 0, ended: 0, failed: 0 };
  for (const { state } of jobs) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** A job for each file of strategies; none without candles. */
const inputsOf = (values: ConfigValues): readonly JobInput[] => {
  const candles = values['inputs.candles'];
  if (candles === undefined) return [];
  return values['inputs.strategies'].map((strategies) => ({
    strategies,
    candles,
    symbol: values['inputs.symbol'].toUpperCase(),
    acceptOutliers: values['inputs.acceptOutliers'],
  }));
};

/** By what a job judges: read at its start, so that a reload holds for the next one. */
const judgementOf = (
  values: ConfigValues,
): Pick<JobInput, 'rankPolicy' | 'oosSelect' | 'pairMode' | 'pipSizes'> => ({
  rankPolicy: values['ranks.policy'],
  oosSelect: values['oos.select'],
  pairMode: values['pairs.mode'],
  pipSizes: values['inputs.pipSizes'],
});

const paceOf = (values: ConfigValues): Partial<DispatchSettings> => ({
  inFlightMax: values['dispatch.inFlightMax'],
  inFlightMin: values['dispatch.inFlightMin'],
  inFlightBytesMax: values['dispatch.inFlightBytesMax'],
  ratePerS: values['dispatch.ratePerS'],
  batchMax: values['dispatch.batchMax'],
  intervalMs: values['dispatch.intervalMs'],
});

/** @returns why it was refused; then nothing has changed */
async function applyPace(
  pipeline: Pipeline | undefined,
  { values }: DaemonConfig,
  by: string,
): Promise<readonly string[]> {
  if (pipeline === undefined) return [];
  const answer = dbAnswer(
    await pipeline.system.ask(
      dispatch.dispatcher,
      { type: 'change_settings', settings: paceOf(values), changedBy: by },
      { deadlineMs: settingsMs },
    ),
  );
  return answer.ok ? [] : [`the pace of the dispatch: ${answer.message} (${answer.code})`];
}

const waitingForRestart = (first: DaemonConfig, now: DaemonConfig): readonly SettingKey[] =>
  settingKeys.filter(
    (key) => settingOf(key).effect === 'restart' && fingerprint(first, key) !== fingerprint(now, key),
  );

/** Secrets are compared as they are, and stay here. */
const fingerprint = ({ values }: DaemonConfig, key: SettingKey): string => {
  if (key === 'http.token') return values['http.token']?.reveal() ?? '';
  if (key === 'notifier.lanes')
    return JSON.stringify(
      Object.entries(values['notifier.lanes']).map(([name, { webhook }]) => [name, webhook.reveal()]),
    );
  return JSON.stringify(values[key] ?? null);
};

/** What is in force, since when and by whom, secrets masked. */
function audit(pipeline: Pipeline | undefined, config: DaemonConfig, by: string): void {
  pipeline?.log.info('config.in_force', {
    by,
    hash: config.hash,
    file: config.file,
    settings: Object.fromEntries(showConfig(config).map(({ key, value }) => [key, value])),
  });
}
