import { describeError } from '../../protocols/exit-reason.js';
import type { PolicyName, RankCandidate, Ranked, Window } from '../../protocols/oos-requests.js';
import type { ImportedStrategy } from '../../protocols/strategies/index.js';
import type { Summary } from '../../protocols/summary.js';
import { pause } from '../node/boot.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { csvFilesIn } from '../node/files.js';
import { intakeOf } from '../node/intake.js';
import type { Intake } from '../node/intake.js';
import { cutFiles, gateFolder } from './candle-step.js';
import type { CutCandles } from './candle-step.js';
import { chooseCandles, explainNoCandles } from './choose-candles.js';
import type { UsableCandles } from './choose-candles.js';
import { PipelineFailure } from './failure.js';
import { keptLetters } from './fact-sources.js';
import { quarantineNotes, storeImport } from './import-step.js';
import { goOn, JobInterrupted } from './job-context.js';
import type { JobContext, Progress } from './job-context.js';
import { orFail } from './job-intake.js';
import { validateOutOfSample } from './oos-step.js';
import { awaitDelivered } from './notify-step.js';
import { refreshPairs } from './pair-step.js';
import { decideRanks } from './rank-step.js';
import { submitBacktests } from './request-step.js';
import type { ChosenWindow } from './request-step.js';
import type { Pipeline } from './start-pipeline.js';
import { summarise } from './summarise.js';
import { readOutcomes, waitUntilTerminal } from './wait-terminal.js';

/** What a job is: its inputs decide its requests, so the same inputs are the same job. */
export interface JobInput {
  /** Folder of candle files. */
  readonly candles: string;
  /** File of strategy records. */
  readonly strategies: string;
  /** For records that name no symbol; upper case. */
  readonly symbol: string;
  readonly acceptOutliers: boolean;
  /** @defaultValue 'strict' */
  readonly pairMode?: 'strict' | 'compatible';
  /** Evidence floors of ranks A and S. @defaultValue documented */
  readonly rankPolicy?: PolicyName;
  /** Who is validated out of sample: all that reach B, or who meets the figures of A. @defaultValue b */
  readonly oosSelect?: 'b' | 'a_base';
  /** Size of a pip by symbol, beside those of currency pairs. @defaultValue none */
  readonly pipSizes?: Readonly<Record<string, number>>;
}

export interface JobOptions {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How long weather is waited out before the job gives up. @defaultValue a minute */
  readonly weatherMs?: number;
}

/**
 * The main job: import, gate, choose and cut candles, ask for backtests, wait for all of them, decide who is in, validate
 * those out of sample, decide who rises, form pairs, see that it is told, sum up. Every step is repeatable, so a job that was killed is continued by running it again.
 *
 * @throws PipelineFailure, and JobInterrupted once `signal` is aborted
 */
export async function runJob(pipeline: Pipeline, input: JobInput, options: JobOptions): Promise<Summary> {
  const { signal, progress } = options;
  const { clock } = nodeCapabilities;
  const context: JobContext = {
    system: pipeline.system,
    clock,
    signal,
    progress,
    folder: pipeline.paths.folder,
    pause: (ms) => pause(ms, signal),
    ...(options.weatherMs === undefined ? {} : { weatherMs: options.weatherMs }),
  };
  const intake = intakeOf(pipeline.system);
  try {
    return await work(context, pipeline, input, intake);
  } catch (error) {
    // Whatever failed while everything was being taken down failed for that.
    if (signal.aborted && !(error instanceof JobInterrupted)) throw new JobInterrupted(describeError(error));
    throw error;
  } finally {
    await intake.close();
  }
}

async function work(
  context: JobContext,
  pipeline: Pipeline,
  input: JobInput,
  intake: Intake,
): Promise<Summary> {
  const startedMs = context.clock.nowMs();
  const lettersBefore = await keptLetters(context.system);
  pipeline.log.info('job.started', { ...input });
  const { report, strategies } = await importStep(context, input, intake);
  const files = await csvFilesIn(input.candles);
  const { usable, candles } = await gateFolder(context, files, input.acceptOutliers);
  requireSomething(input, report.imported, files.length);
  const symbolOf = (strategy: ImportedStrategy): string => (strategy.symbol ?? input.symbol).toUpperCase();
  const fileOf = (strategy: ImportedStrategy): UsableCandles | undefined =>
    chooseCandles(usable, symbolOf(strategy), strategy.timeframeMinutes);
  const chosen = new Set([...strategies.values()].flatMap((strategy) => fileOf(strategy) ?? []));
  const windows = await cutFiles(context, intake, [...chosen], {
    folder: pipeline.paths.windows,
    acceptOutliers: input.acceptOutliers,
  });
  const backtests = await submitBacktests(context, strategies.values(), symbolOf, (strategy) =>
    windowFor(strategy, symbolOf(strategy), fileOf(strategy), usable, windows),
  );
  const backtestIds = [...backtests.values()];
  await waitUntilTerminal(context, backtestIds);
  goOn(context);
  const validated = await rankAndValidate(context, input, {
    strategies: [...strategies.values()],
    backtests,
    symbolOf,
    windowOf: (strategy) => windows.get(fileOf(strategy)?.fileId ?? '')?.outOfSample ?? null,
  });
  const pairs = await refreshPairs(context, input.pairMode);
  const notifications = await awaitDelivered(context, {
    strategyIds: [...strategies.keys()],
    refusedFiles: candles.refused.map(({ file }) => file),
    formedPairs: pairs.evaluated !== null,
  });
  const outcomes = await readOutcomes(context, [...backtestIds, ...validated.oosIds]);
  const summary = summarise({
    report,
    candles,
    outcomes,
    ranks: [...strategies.keys()].map((strategyId) => validated.ranked.get(strategyId)?.rank ?? null),
    pairs,
    notifications,
    restarts: pipeline.kernel.read().restarts,
    deadLetters: since(lettersBefore, await keptLetters(context.system)),
    loopDelayMs: pipeline.loop.read(),
    durationMs: context.clock.nowMs() - startedMs,
  });
  pipeline.showSummary(summary);
  pipeline.log.info('job.ended', { summary });
  return summary;
}

interface Measured {
  readonly strategies: readonly ImportedStrategy[];
  readonly backtests: ReadonlyMap<string, string>;
  readonly symbolOf: (strategy: ImportedStrategy) => string;
  readonly windowOf: (strategy: ImportedStrategy) => Window | null;
}

/** Who is in by the in-sample figures is measured out of sample, and then rises, stays or falls. */
async function rankAndValidate(
  context: JobContext,
  input: JobInput,
  { strategies, backtests, symbolOf, windowOf }: Measured,
): Promise<{ readonly ranked: ReadonlyMap<string, Ranked>; readonly oosIds: readonly string[] }> {
  const rules = { policy: input.rankPolicy ?? 'documented', pipSizes: input.pipSizes ?? {} };
  const candidates = strategies.map((strategy): RankCandidate => ({
    strategyId: strategy.strategyId,
    name: strategy.name,
    claimedRank: strategy.claimedRank,
    environment: strategy.environment,
    symbol: symbolOf(strategy),
    backtestId: backtests.get(strategy.strategyId) ?? '',
    oos: null,
  }));
  const first = await decideRanks(context, 'b', candidates, rules);
  const isIn = ({ strategyId }: { readonly strategyId: string }): boolean =>
    first.get(strategyId)?.meetsB === true;
  const isSelected = ({ strategyId }: { readonly strategyId: string }): boolean =>
    input.oosSelect === 'a_base' ? first.get(strategyId)?.meetsABase === true : isIn({ strategyId });
  const verdicts = await validateOutOfSample(
    context,
    strategies.filter(isSelected).map((strategy) => ({
      strategyId: strategy.strategyId,
      wire: strategy.wire,
      symbol: symbolOf(strategy),
      timeframeMinutes: strategy.timeframeMinutes,
      window: windowOf(strategy),
    })),
  );
  const second = await decideRanks(
    context,
    'a',
    candidates
      .filter(isIn)
      .map((candidate) => ({ ...candidate, oos: verdicts.get(candidate.strategyId) ?? null })),
    rules,
  );
  return {
    ranked: new Map([...first, ...second]),
    oosIds: [...verdicts.values()].flatMap(({ requestId }) => requestId ?? []),
  };
}

async function importStep(context: JobContext, input: JobInput, intake: Intake) {
  const imported = await orFail(`import ${input.strategies}`, intake.importStrategies(input.strategies));
  const strategies = await storeImport(context, imported);
  for (const line of quarantineNotes(imported.records)) context.progress.note(line);
  const nameless = imported.strategies.filter(({ symbol }) => symbol === null).length;
  if (nameless > 0) {
    const who = nameless === 1 ? '1 strategy names' : `${nameless} strategies name`;
    context.progress.note(`${who} no symbol: ${input.symbol} is taken (--symbol)`);
  }
  return { report: imported.report, strategies };
}

/** A job that can do nothing says so instead of ending with a summary of nothing. */
function requireSomething(input: JobInput, imported: number, files: number): void {
  if (imported === 0)
    throw new PipelineFailure(
      'failed',
      `--strategies ${input.strategies}: expected at least one strategy record, found none that can be used`,
    );
  if (files === 0)
    throw new PipelineFailure(
      'failed',
      `--candles ${input.candles}: expected SYMBOL_TF.csv files, found none (subfolders are not looked at)`,
    );
}

function windowFor(
  strategy: ImportedStrategy,
  symbol: string,
  file: UsableCandles | undefined,
  usable: readonly UsableCandles[],
  windows: ReadonlyMap<string, CutCandles>,
): ChosenWindow {
  if (file === undefined)
    return { ok: false, message: explainNoCandles(usable, symbol, strategy.timeframeMinutes) };
  const window = windows.get(file.fileId)?.inSample ?? null;
  if (window !== null) return { ok: true, window };
  return { ok: false, message: `${file.path} has no bar before its newest, out-of-sample part` };
}

/** Letters that came while the job ran; some of the older ones may have been dealt with meanwhile. */
const since = (before: number | null, now: number | null): number | null =>
  before === null || now === null ? null : Math.max(0, now - before);
