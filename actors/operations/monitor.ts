import type { Ctx, Settled } from '../kernel/behavior.js';
import { child } from '../kernel/actor-spec.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { Name } from '../../protocols/name.js';
import { describeError } from '../../protocols/exit-reason.js';
import { operations } from '../../protocols/operations.js';
import type { Fact, FactsSnapshot, MonitorMsg } from '../../protocols/operations.js';
import type { FactSource } from './ports.js';

/**
 * Asks each source for its figures on a clock of its own, so that a silent source is seen although nothing arrives.
 * What a source said last stays, with the time at which it was said; a source that fails is said to be failing.
 */
type Msg =
  | MonitorMsg
  | { readonly type: 'due'; readonly source: FactSource }
  | { readonly type: 'read'; readonly source: FactSource; readonly settled: Settled<unknown> };

interface Known {
  readonly source: FactSource;
  readonly value: unknown;
  readonly asOfWallMs: number | null;
  readonly problem: string | null;
}

type State = ReadonlyMap<string, Known>;

/** A value older than so many of its source's periods is stale. */
const staleAfterPeriods = 3;
/** Between two questions to a source that has never answered. */
const unheardMs = 500;

export function init(sources: readonly FactSource[], ctx: Ctx<Msg>): State {
  for (const source of sources) ask(source, ctx);
  return new Map(
    sources.map((source) => [source.id, { source, value: null, asOfWallMs: null, problem: null }]),
  );
}

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'due':
      ask(message.source, ctx);
      return state;
    case 'read':
      state = learn(state, message.source, message.settled, ctx.wallMs());
      // Counted from the end of the reading: a slow source is asked less often, never twice at once.
      ctx.timer(message.source.id, pauseMs(message.source, state), { type: 'due', source: message.source });
      return state;
    case 'facts':
      ctx.reply(message, snapshot(state, ctx.wallMs()));
      return state;
  }
}

/** What has never answered has most likely not been started yet; nobody should wait a period of its to hear that it has. */
const pauseMs = ({ id, everyMs }: FactSource, state: State): number =>
  (state.get(id)?.asOfWallMs ?? null) === null ? Math.min(everyMs, unheardMs) : everyMs;

const ask = (source: FactSource, ctx: Ctx<Msg>): void => {
  ctx.pipeToSelf(
    Promise.resolve().then(() => source.read()),
    (settled) => ({ type: 'read', source, settled }),
  );
};

function learn(state: State, source: FactSource, settled: Settled<unknown>, wallMs: number): State {
  const before = state.get(source.id);
  const known: Known = settled.ok
    ? { source, value: settled.value, asOfWallMs: wallMs, problem: null }
    : {
        source,
        value: before?.value ?? null,
        asOfWallMs: before?.asOfWallMs ?? null,
        problem: describeError(settled.error),
      };
  return new Map(state).set(source.id, known);
}

function snapshot(state: State, wallMs: number): FactsSnapshot {
  const facts: Record<string, Fact> = {};
  for (const [id, { source, value, asOfWallMs, problem }] of state) {
    const stale = asOfWallMs === null || wallMs - asOfWallMs > staleAfterPeriods * source.everyMs;
    facts[id] = { value, asOfWallMs, problem, stale };
  }
  return { wallMs, facts };
}

export const monitor = (sources: readonly FactSource[]): ChildSpec<MonitorMsg> =>
  child<State, Msg, readonly FactSource[]>({
    id: 'monitor',
    name: operations.monitor as Name<Msg>,
    behavior: { init, handle },
    args: sources,
    restart: 'permanent',
    shutdownMs: 1_000,
    // Pages and scrapes ask; whoever finds it full shows what it knows as unknown.
    mailbox: { capacity: 256 },
  }) as ChildSpec as ChildSpec<MonitorMsg>;
