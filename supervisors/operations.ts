import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { http } from '../actors/operations/http.js';
import type { HttpArgs } from '../actors/operations/http.js';
import { monitor } from '../actors/operations/monitor.js';
import type { FactSource } from '../actors/operations/ports.js';
import { runFile } from '../actors/operations/run-file.js';
import type { RunFileArgs } from '../actors/operations/run-file.js';
import { supervisor } from './kernel/supervisor-spec.js';

export const defaults = { intensity: 5, periodMs: 30_000 } as const;

export interface OperationsConfig {
  readonly sources: readonly FactSource[];
  readonly runFile: RunFileArgs;
  readonly http: HttpArgs;
}

/**
 * rest_for_one: the server tells the run file where it listens, so whenever the run file's actor starts anew the
 * server must start, and say it, again; nothing needs the server.
 */
export const operations = (config: OperationsConfig): ChildSpec =>
  supervisor('operations', { strategy: 'rest_for_one', ...defaults }, [
    monitor(config.sources),
    runFile(config.runFile),
    http(config.http),
  ]);
