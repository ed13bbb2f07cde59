import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { alarms } from '../actors/operations/alarms.js';
import type { ReadFigures } from '../actors/operations/alarms.js';
import { http } from '../actors/operations/http.js';
import type { HttpArgs } from '../actors/operations/http.js';
import { monitor } from '../actors/operations/monitor.js';
import type { FactSource } from '../actors/operations/ports.js';
import { repl } from '../actors/operations/repl.js';
import type { ReplArgs } from '../actors/operations/repl.js';
import { runFile } from '../actors/operations/run-file.js';
import type { RunFileArgs } from '../actors/operations/run-file.js';
import { supervisor } from './kernel/supervisor-spec.js';

export const defaults = { intensity: 5, periodMs: 30_000 } as const;

export interface OperationsConfig {
  readonly sources: readonly FactSource[];
  /** How the facts of the sources are read by the alarms; absent where nobody is to be alarmed. */
  readonly figures?: ReadFigures;
  readonly runFile: RunFileArgs;
  readonly http: HttpArgs;
  /** Absent where nobody is to attach. */
  readonly repl?: ReplArgs;
  /** Answers what the page asks of the files; absent where nobody is to ask. */
  readonly explainer?: ChildSpec;
}

/**
 * rest_for_one: the server tells the run file where it listens, so whenever the run file's actor starts anew the
 * server must start, and say it, again; nothing needs the server. The REPL needs nobody and never fails by itself; it is
 * first, so that a session outlives the others' restarts and sees the end of a stop. Who explains is last: nobody is
 * restarted because of it.
 */
export const operations = (config: OperationsConfig): ChildSpec =>
  supervisor('operations', { strategy: 'rest_for_one', ...defaults }, [
    ...(config.repl === undefined ? [] : [repl(config.repl)]),
    monitor(config.sources),
    ...(config.figures === undefined ? [] : [alarms({ read: config.figures })]),
    runFile(config.runFile),
    http(config.http),
    ...(config.explainer === undefined ? [] : [config.explainer]),
  ]);
