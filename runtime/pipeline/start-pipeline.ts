import { DeadLetterFeed } from '../../actors/dead-letters/feed.js';
import { KernelCounts } from '../../actors/operations/kernel-counts.js';
import type { HttpChanges, HttpRoutes } from '../../actors/operations/ports.js';
import type { KernelEvent, Subscriber } from '../../actors/kernel/events.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import { names as letters } from '../../protocols/dead-letters.js';
import type { RetentionSettings } from '../../protocols/db-retention.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import { operations as watched } from '../../protocols/operations.js';
import type { RunFile } from '../../protocols/operations.js';
import type { Summary } from '../../protocols/summary.js';
import type { InstanceLock } from '../../storage/instance-lock.js';
import { acquireInstanceLock } from '../../storage/instance-lock.js';
import { operations } from '../../supervisors/operations.js';
import { root } from '../../supervisors/root.js';
import type { Boot } from '../node/boot.js';
import { afterThis, newBoot } from '../node/boot.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { explainer } from '../node/explainer.js';
import { makeFolder } from '../node/files.js';
import { httpKeeper } from '../node/http-keeper.js';
import { httpServer } from '../node/http-server.js';
import { logKernel } from '../node/kernel-log.js';
import type { LoopWatch } from '../node/loop-delay.js';
import { watchLoop } from '../node/loop-delay.js';
import type { PipelinePaths } from '../node/paths.js';
import { pipelinePaths } from '../node/paths.js';
import { newToken, runFileOn } from '../node/run-file.js';
import { figuresOf } from './kpis.js';
import { openLog } from '../node/winston-log.js';
import type { Log } from '../node/winston-log.js';
import { startTree } from '../start.js';
import type { StopReport, System } from '../system.js';
import type { Condition } from './conditions.js';
import { coreTree } from './core-tree.js';
import type { CoreTreeOptions } from './core-tree.js';
import { dispatchChanges, dispatchPages } from './dispatch-routes.js';
import { explainPages } from './explain-routes.js';
import { factSources } from './fact-sources.js';
import { PipelineFailure } from './failure.js';
import { History, historyFacts } from './history.js';
import { notifierOptions } from './notifier-options.js';
import type { NotifierConfig } from './notifier-options.js';
import { inspectionOf } from './inspection.js';
import { laneChanges, lanePages } from './lane-routes.js';
import { letDeliveriesEnd } from './let-deliveries-end.js';
import { letterChanges, letterPages } from './letter-routes.js';
import { recordedChanges } from './recorded-changes.js';
import { Redriver } from './redrive.js';
import { requestChanges } from './request-routes.js';
import { requireCore } from './require-core.js';
import { pipelineRoutes, pipelineStreams, readFacts } from './routes.js';
import { startFailure } from './start-failure.js';
import { StoreWatch } from './store-watch.js';

export interface PipelineConfig {
  /** The core file; the others lie beside it. Its folder is made when it is not there. */
  readonly file: string;
  /** Port of the HTTP server on loopback; 0 takes any free one. @defaultValue 0 */
  readonly httpPort?: number;
  /** Beyond loopback only with a `token`. @defaultValue 127.0.0.1 */
  readonly httpHost?: string;
  /** What changes over HTTP want. @defaultValue one made for this start, which stands in `FILE.run.json` */
  readonly token?: string;
  /** Pages beside those that every pipeline has, by path. */
  readonly pages?: HttpRoutes;
  /** What can be changed over HTTP beside what every pipeline takes, by path. */
  readonly changes?: HttpChanges;
  /** Threads of the embedded engine. @defaultValue the cores less one, at least 1 */
  readonly workers?: number;
  /** @defaultValue strict rules, refreshes only when a job asks */
  readonly pairs?: CoreTreeOptions['pairs'];
  /** What is given here is set at the start; the rest stays as it was last set. */
  readonly dispatch?: Partial<DispatchSettings>;
  /** Who is told what. @defaultValue all notifications go to stderr */
  readonly notifier?: NotifierConfig;
  /** How long requests, their keys and verdicts are kept. */
  readonly retention?: Partial<RetentionSettings>;
  /** What is to be shown red beside what the tree shows itself. */
  readonly conditions?: () => readonly Condition[];
  /** Whether sessions of `holdfast repl` may change something, for those who ask for it. @defaultValue write */
  readonly replAccess?: 'read' | 'write';
  /** Told of every kernel event, beside the log. @defaultValue crashes, dead letters and give-ups on stderr */
  readonly subscribers?: readonly Subscriber[];
}

/** A running pipeline: the whole tree, with its files locked and its page served. */
export interface Pipeline {
  readonly system: System;
  readonly boot: Boot;
  readonly paths: PipelinePaths;
  readonly log: Log;
  readonly loop: LoopWatch;
  readonly kernel: KernelCounts;
  readonly url: () => string | null;
  /** What the page shows as the last job's. */
  showSummary(summary: Summary): void;
  /** Resolves when the root gave up or was stopped. */
  readonly exited: Promise<ExitReason>;
  /** Stops in reverse order of the start, hands unanswered leases back, releases the files. */
  stop(): Promise<StopReport>;
}

/** Nothing of a pipeline takes longer to stop, also when a part of it hangs. */
const stopDeadlineMs = 30_000;

/** How long the dispatcher may take to store its pace: it first takes back what another boot left. */
const settingsMs = 30_000;

/** The receiver answers from memory. */
const endpointMs = 2_000;

/** Its first start is when results can be received. */
const receiverPath = 'root/core/services/backtest-dispatch/result-receiver';

/** @throws PipelineFailure `locked` | `disk` | `port_in_use` | `configuration` | `failed`; nothing is left running then */
export async function startPipeline(config: PipelineConfig): Promise<Pipeline> {
  const paths = pipelinePaths(config.file);
  const boot = newBoot();
  const lock = lockFiles(paths, boot);
  const log = openLog(paths.log, boot.bootId);
  const loop = watchLoop();
  try {
    return await startLocked(config, { paths, boot, lock, log, loop });
  } catch (error) {
    loop.stop();
    log.warn('start.failed', { error: String(error) });
    await log.close();
    lock.release();
    throw startFailure(error);
  }
}

function lockFiles(paths: PipelinePaths, boot: Boot): InstanceLock {
  try {
    requireCore(paths.core);
    makeFolder(paths.folder);
    makeFolder(paths.windows);
    return acquireInstanceLock(paths.core, { pid: boot.pid, bootId: boot.bootId });
  } catch (error) {
    throw startFailure(error);
  }
}

interface Held {
  readonly paths: PipelinePaths;
  readonly boot: Boot;
  readonly lock: InstanceLock;
  readonly log: Log;
  readonly loop: LoopWatch;
}

/** What becomes known, and changes, while the pipeline runs. */
interface Live {
  /** Undefined while the tree starts. */
  system: System | undefined;
  summary: Summary | null;
  url: string | null;
  sockets: RunFile['sockets'];
  /** From the start of the process until results could be received. */
  receivingAfterMs: number | null;
  /** Everything is being taken down. */
  ending: boolean;
}

async function startLocked(config: PipelineConfig, held: Held): Promise<Pipeline> {
  const { paths, boot, log, loop } = held;
  const { clock } = nodeCapabilities;
  const kernel = new KernelCounts(clock);
  const storeWatch = new StoreWatch(log, clock);
  const live: Live = {
    system: undefined,
    summary: null,
    url: null,
    sockets: {},
    receivingAfterMs: null,
    ending: false,
  };
  const feed = new DeadLetterFeed({
    bootId: boot.bootId,
    tell: (message) => live.system?.whereis(letters.deadLetters)?.tell(message) ?? 'stopped',
    later: afterThis,
    exceptBelow: 'root/core/dead-letters',
  });
  const redriver = new Redriver(() => live.system, clock);
  const inspection = inspectionOf({
    core: paths.core,
    boot,
    log,
    system: () => live.system,
    redriver,
    ...(config.replAccess === undefined ? {} : { access: config.replAccess }),
  });
  live.sockets = { repl: inspection.socketPath };
  const token = config.token ?? newToken();
  const runFile = runFileOn(paths.runFile);
  const history = new History();
  const sources = {
    boot,
    clock,
    kernel,
    loop,
    receivingAfterMs: () => live.receivingAfterMs,
    history,
    system: () => live.system,
    summary: () => live.summary,
    interventions: () => inspection.interventions.counts(),
    conditions: () => [...(config.conditions?.() ?? []), ...storeWatch.conditions],
  };
  const watching = operations({
    sources: [
      ...factSources(() => live.system, clock, feed, paths),
      historyFacts(history, async () => ({
        wallMs: clock.wallMs(),
        facts: await readFacts(sources),
        loop: loop.readSinceLast(),
        tree: live.system?.tree() ?? null,
      })),
    ],
    figures: figuresOf,
    repl: inspection.repl,
    explainer: explainer({ file: paths.core }),
    runFile: {
      port: {
        write: (content) => {
          live.url = content.url;
          return runFile.write({ ...content, sockets: live.sockets });
        },
        remove: () => runFile.remove(),
      },
      content: { pid: boot.pid, sockets: {}, bootId: boot.bootId, startedWallMs: boot.startedWallMs, token },
    },
    http: {
      http: httpKeeper(httpServer),
      port: config.httpPort ?? 0,
      ...(config.httpHost === undefined ? {} : { host: config.httpHost }),
      routes: new Map([
        ...pipelineRoutes(sources),
        ...letterPages(() => live.system),
        ...explainPages(() => live.system),
        ...dispatchPages(() => live.system),
        ...lanePages(() => live.system),
        ...(config.pages ?? []),
      ]),
      streams: pipelineStreams(sources),
      changes: recordedChanges(
        new Map([
          ...letterChanges({ redriver, log, ...inspection }),
          ...dispatchChanges(() => live.system),
          ...laneChanges(() => live.system),
          ...requestChanges(() => live.system, clock),
          ...(config.changes ?? []),
        ]),
        (row) => inspection.interventions.record(row),
        () => clock.wallMs(),
      ),
      token,
    },
  });
  const tree = coreTree({
    paths,
    boot,
    system: () => live.system,
    workers: config.workers,
    retention: config.retention ?? {},
    ...(config.pairs === undefined ? {} : { pairs: config.pairs }),
    notifier: notifierOptions(config.notifier ?? {}, boot),
    logBackend: (line) => log.warn('engine.said', { line }),
    storeWatch,
    logBusy: (file, waitedMs) => log.warn('store.busy', { file, waitedMs }),
  });
  const subscribers = [
    inspection.watchdog.subscriber,
    kernel.note,
    log.subscriber,
    feed.subscriber,
    (event: KernelEvent) => {
      if (event.type === 'started' && event.path === receiverPath) live.receivingAfterMs ??= clock.nowMs();
    },
    ...(config.subscribers ?? [whileUp(logKernel(), live)]),
  ];
  const { hand } = inspection.watchdog;
  const running = await startTree(root(watching, tree), { hand, subscribers }).catch((error: unknown) => {
    void inspection.watchdog.stop();
    throw error;
  });
  live.system = running;
  storeWatch.started(running);
  void running.exited.then(() => inspection.watchdog.stop());
  try {
    await setPace(running, config.dispatch ?? {});
  } catch (error) {
    await running.stop({ deadlineMs: stopDeadlineMs });
    throw error;
  }
  live.sockets = { ...live.sockets, ...(await socketsOf(running)) };
  const { url } = live;
  if (url !== null) running.whereis(watched.runFile)?.tell({ type: 'serving', url });
  let stopping: Promise<StopReport> | undefined;
  return {
    system: running,
    boot,
    paths,
    log,
    loop,
    kernel,
    url: () => live.url,
    showSummary: (shown) => {
      live.summary = shown;
    },
    exited: running.exited,
    stop: () => {
      live.ending = true;
      return (stopping ??= letDeliveriesEnd(running).then(() => stop(running, held)));
    },
  };
}

/** What was asked for on the command line is in force, and stored, before the first request. */
async function setPace(system: System, settings: Partial<DispatchSettings>): Promise<void> {
  if (Object.keys(settings).length === 0) return;
  const answer = dbAnswer(
    await system.ask(
      dispatch.dispatcher,
      { type: 'change_settings', settings, changedBy: 'start' },
      { deadlineMs: settingsMs },
    ),
  );
  if (answer.ok) return;
  throw new PipelineFailure('configuration', `the pace of the dispatch was refused: ${answer.message}`);
}

/** Where backends send their answers; left out when the receiver does not say. */
async function socketsOf(system: System): Promise<RunFile['sockets']> {
  const results = await system.ask(
    dispatch.resultReceiver,
    { type: 'results_endpoint' },
    { deadlineMs: endpointMs },
  );
  return results.ok ? { results: results.value } : {};
}

/**
 * What a person needs to see at once. A start that fails is told by its error, while everything is being taken down mail
 * to who is down already is no news, and that a turn was slow is for the log and the metrics: on a busy machine some are.
 */
const whileUp =
  (say: Subscriber, live: Pick<Live, 'system' | 'ending'>): Subscriber =>
  (event) => {
    if (live.system === undefined || event.type === 'slow_turn') return;
    if (live.ending && event.type === 'dead_letter' && event.letter.reason === 'stopped') return;
    say(event);
  };

async function stop(system: System, { lock, log, loop }: Held): Promise<StopReport> {
  const report = await system.stop({ deadlineMs: stopDeadlineMs });
  loop.stop();
  log.info('stopped', { ok: report.ok, orphans: report.orphans });
  await log.close();
  lock.release();
  return report;
}
