import { ActorDefinition } from '../../actors/kernel/actor-spec.js';
import type { Behavior, Ctx, Ref, StartFailure } from '../../actors/kernel/behavior.js';
import { ignore } from '../../actors/kernel/behavior.js';
import type { ActorSpec, ChildSpec } from '../../actors/kernel/child-spec.js';
import { DynamicDefinition, StaticDefinition } from '../../supervisors/kernel/supervisor-spec.js';
import type { SupervisorOptions } from '../../supervisors/kernel/supervisor-spec.js';

export type AnyBehavior = Behavior<unknown, unknown, unknown>;
/** What stands in for a behaviour. `capacity` may be changed at any time, and stands for the mailbox's. */
export type Rework = (behavior: AnyBehavior, room: { capacity: number }, id: string) => AnyBehavior;

/**
 * The same tree with every behaviour replaced, those of children that are spawned or made from a template included.
 *
 * Equal specs give equal specs, because a supervisor tells its children apart by them. A spec of foreign make is left
 * as it is.
 */
export function reworked<Msg>(spec: ChildSpec<Msg>, rework: Rework): ChildSpec<Msg> {
  const known = new WeakMap<ChildSpec, ChildSpec>();
  const all = (spec: ChildSpec): ChildSpec => {
    let made = known.get(spec);
    if (made === undefined) {
      made = remade(spec, rework, all);
      known.set(spec, made);
      // What is reworked already and started again, by a restart with the same list, stays what it is.
      known.set(made, made);
    }
    return made;
  };
  return all(spec) as ChildSpec<Msg>;
}

function remade(spec: ChildSpec, rework: Rework, all: (spec: ChildSpec) => ChildSpec): ChildSpec {
  if (spec instanceof ActorDefinition) return remadeActor(spec, rework, all);
  if (spec instanceof StaticDefinition) {
    const { children } = spec;
    const inner =
      typeof children === 'function'
        ? () => {
            const made = children();
            return made === ignore ? ignore : made.map(all);
          }
        : children.map(all);
    return new StaticDefinition(spec.id, optionsOf(spec), inner);
  }
  if (spec instanceof DynamicDefinition)
    return new DynamicDefinition(spec.id, optionsOf(spec), (args: never) => all(spec.template(args)));
  return spec;
}

/** What a definition was made from stands in it under the same names, but one. */
const optionsOf = (spec: StaticDefinition | DynamicDefinition): SupervisorOptions =>
  Object.assign({}, spec, { shutdownMs: spec.shutdown }) as unknown as SupervisorOptions;

function remadeActor(
  spec: ActorDefinition,
  rework: Rework,
  all: (spec: ChildSpec) => ChildSpec,
): ActorDefinition {
  const { capacity, overflow, key, keyed, expiryMs, shutdown: shutdownMs, ...rest } = spec;
  // The spec's own may be changed as well: by a rework below this one.
  let changed: number | undefined;
  const room = {
    get capacity() {
      return changed ?? spec.capacity;
    },
    set capacity(to: number) {
      changed = to;
    },
  };
  const inner = rework(spec.behavior, room, spec.id);
  const behavior: AnyBehavior = {
    init: (args, ctx) => {
      spawnReworked(ctx, all);
      return inner.init(args, ctx);
    },
    handle: (state, message, ctx) => inner.handle(state, message, ctx),
  };
  if (inner.signal !== undefined)
    behavior.signal = (state, signal, ctx) => inner.signal?.(state, signal, ctx);
  if (inner.terminate !== undefined)
    behavior.terminate = (state, reason, ctx) => inner.terminate?.(state, reason, ctx);
  const mailbox = {
    ...{ capacity, overflow },
    ...(keyed ? { key } : {}),
    ...(expiryMs === undefined ? {} : { expiryMs }),
  };
  const given = { ...rest, shutdownMs, behavior, mailbox };
  const made = new ActorDefinition(given as unknown as ActorSpec<unknown, unknown, unknown>);
  Object.defineProperty(made, 'capacity', { get: () => room.capacity, enumerable: true });
  return made;
}

/** A context belongs to one incarnation, so that it is changed once, before the first turn. */
function spawnReworked(ctx: Ctx<unknown>, all: (spec: ChildSpec) => ChildSpec): void {
  const spawn = ctx.spawn.bind(ctx);
  ctx.spawn = <M>(spec: ChildSpec<M>, onFailure?: (failure: StartFailure) => unknown): Ref<M> =>
    spawn<M>(all(spec) as ChildSpec<M>, onFailure);
}
