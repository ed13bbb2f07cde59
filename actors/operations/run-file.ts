import type { Ctx, Settled } from '../kernel/behavior.js';
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { Name } from '../../protocols/name.js';
import { failed } from '../../protocols/exit-reason.js';
import { operations } from '../../protocols/operations.js';
import type { RunFile, RunFileMsg } from '../../protocols/operations.js';
import type { RunFilePort } from './ports.js';

/**
 * Owns `FILE.run.json`, by which other commands find this process. It is written once the HTTP server answers, and
 * removed at a clean stop; one that was left behind is recognised by its dead pid.
 */
export interface RunFileArgs {
  readonly port: RunFilePort;
  readonly content: Omit<RunFile, 'url'>;
}

type Msg = RunFileMsg | { readonly type: 'written'; readonly settled: Settled<void> };

function init(args: RunFileArgs, ctx: Ctx<Msg>): RunFileArgs {
  ctx.trapExits(true);
  return args;
}

export function handle(state: RunFileArgs, message: Msg, ctx: Ctx<Msg>): RunFileArgs {
  switch (message.type) {
    case 'serving':
      ctx.pipeToSelf(state.port.write({ ...state.content, url: message.url }), (settled) => ({
        type: 'written',
        settled,
      }));
      return state;
    case 'written':
      // A disk that cannot take a hundred bytes is no reason to stop: the restart writes it again when asked.
      if (!message.settled.ok) ctx.stop(failed(message.settled.error));
      return state;
  }
}

export const runFile = (args: RunFileArgs): ChildSpec<RunFileMsg> =>
  child<RunFileArgs, Msg, RunFileArgs>({
    id: 'run-file',
    name: operations.runFile as Name<Msg>,
    behavior: { init, handle, terminate: (state) => state.port.remove() },
    args,
    restart: 'permanent',
    shutdownMs: 2_000,
    mailbox: { capacity: 16 },
  }) as ChildSpec as ChildSpec<RunFileMsg>;
