/** What the REPL and the watchdog of a pipeline are made of. */
import type { ReplArgs } from '../../actors/operations/repl.js';
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import type { DispatchSettings } from '../../protocols/backtest-dispatch.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import { ReplRefusal } from '../../protocols/repl.js';
import { kernelSettings } from '../inspection/changes.js';
import { Interventions } from '../inspection/interventions.js';
import type { Letters, Setting, Surroundings } from '../inspection/sources.js';
import type { Boot } from '../node/boot.js';
import { replSocketPath } from '../node/repl-path.js';
import { nodeSurroundings, openReplServer } from '../node/repl-server.js';
import type { Watchdog } from '../node/watchdog.js';
import { startWatchdog } from '../node/watchdog.js';
import type { Log } from '../node/winston-log.js';
import type { System } from '../system.js';
import { pipelineLetters } from './letters.js';
import type { Redriver } from './redrive.js';

export interface InspectionOptions {
  readonly core: string;
  readonly boot: Boot;
  readonly log: Pick<Log, 'warn'>;
  readonly system: () => System | undefined;
  readonly redriver: Redriver;
  /** `read`: sessions can only look. @defaultValue write, for those who ask for it */
  readonly access?: 'read' | 'write';
}

export interface Inspection {
  readonly socketPath: string;
  /** The kept letters, as the REPL finds them by filter. */
  readonly letters: Letters;
  readonly pause: Surroundings['pause'];
  readonly repl: ReplArgs;
  readonly interventions: Interventions;
  readonly watchdog: Watchdog;
}

const settingsMs = 3_000;

/** Starts the watchdog's thread; the socket is bound by the actor that owns it. */
export function inspectionOf(options: InspectionOptions): Inspection {
  const { core, boot, log, system, redriver, access = 'write' } = options;
  const socketPath = replSocketPath(core);
  const surroundings = nodeSurroundings(boot.startedWallMs);
  // Awaited by nobody: the log is written in order, and is where an intervention is kept for good.
  const interventions = new Interventions((row) => log.warn('manual.intervention', { ...row }));
  const letters = pipelineLetters(system, redriver, boot.bootId, surroundings.wallMs);
  const sources = {
    name: 'holdfast',
    system,
    letters,
    settings: [...dispatchSettings(system), ...kernelSettings(system)],
    interventions,
    surroundings,
  };
  return {
    socketPath,
    letters,
    pause: surroundings.pause,
    interventions,
    repl: {
      listen: () => openReplServer({ socketPath, write: access === 'write', sources }),
      log: (problem) => log.warn('repl.not_served', { socketPath, problem }),
    },
    watchdog: startWatchdog({
      onStuck: ({ path, inTurn, ms }) => log.warn('loop.was_stuck', { path, inTurn, ms: Math.round(ms) }),
    }),
  };
}

const abouts: Readonly<Record<keyof DispatchSettings, string>> = {
  paused: 'nothing new is sent; what is out is still answered: true or false',
  inFlightMax: 'the most attempts out at once, 1 to 10000; below it the limit follows the latency',
  inFlightMin: 'the least that this limit comes down to, 1 to 10000',
  inFlightBytesMax: 'bytes of requests out at once, 1024 to 1073741824',
  batchMax: 'attempts leased in one batch, 1 to 1000',
  intervalMs: 'between two batches, ms, 0 to 60000',
  ratePerS: 'attempts leased a second, 0 to 100000; 0 is no limit',
};

/** The pace of the dispatch; stored, so that it stays over a restart. */
const dispatchSettings = (system: () => System | undefined): readonly Setting[] =>
  (Object.keys(abouts) as (keyof DispatchSettings)[]).map((key) => ({
    key: `dispatch.${key}`,
    about: abouts[key],
    read: async () => {
      const status = await system()?.ask(dispatch.dispatcher, { type: 'status' }, { deadlineMs: settingsMs });
      return status?.ok === true ? status.value.settings[key] : null;
    },
    write: async (value, user) => {
      const running = system();
      if (running === undefined) throw new ReplRefusal('starting', 'the tree is still starting; ask again');
      const changedBy = `repl: ${user}`;
      // Checked by the dispatcher, which says what it expected.
      const settings = { [key]: value } as Partial<DispatchSettings>;
      const answer = dbAnswer(
        await running.ask(
          dispatch.dispatcher,
          { type: 'change_settings', settings, changedBy },
          { deadlineMs: settingsMs },
        ),
      );
      if (answer.ok) return answer.value[key];
      throw new ReplRefusal(
        answer.code === 'invalid' ? 'bad_arguments' : 'refused',
        `dispatch.${key}: ${answer.message}`,
      );
    },
  }));
