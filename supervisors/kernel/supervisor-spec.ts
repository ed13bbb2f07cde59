import { commonProblem } from '../../actors/kernel/child-spec.js';
import type { Backoff, ChildSpec, Restart, Shutdown } from '../../actors/kernel/child-spec.js';
import type { ignore } from '../../actors/kernel/behavior.js';
import type { Name } from '../../protocols/name.js';
import type { Process, ProcessSeat } from '../../actors/kernel/process.js';
import { backoffFits } from './backoff.js';
import { DynamicSupervisor } from './dynamic-supervisor.js';
import type { SupervisorMsg } from './messages.js';
import type { Strategy } from './strategy.js';
import { StaticSupervisor } from './supervisor.js';

/** When a supervisor ends by itself: never, or when any or all of its significant children have ended. */
export type AutoShutdown = 'never' | 'any_significant' | 'all_significant';

/** How a supervisor treats its children; intensity and period are always written out. */
export interface SupervisorOptions {
  readonly strategy: Strategy;
  /** Restarts allowed within `periodMs`; one more and the supervisor gives up. 0 allows none. */
  readonly intensity: number;
  readonly periodMs: number;
  /** @defaultValue 'never' */
  readonly autoShutdown?: AutoShutdown;
  /** @defaultValue 'permanent' */
  readonly restart?: Restart;
  /** @defaultValue 'infinity': a subtree takes the time that its children take */
  readonly shutdownMs?: Shutdown;
  readonly significant?: boolean;
  readonly name?: Name<SupervisorMsg>;
  readonly backoff?: Backoff;
}

export type DynamicOptions = Omit<SupervisorOptions, 'strategy' | 'autoShutdown'>;

/** The children in start order, or a function asked at every start, which may answer `ignore`. */
export type Children = readonly ChildSpec[] | (() => readonly ChildSpec[] | typeof ignore);

/** What every supervisor spec holds, with defaults filled in. */
export abstract class SupervisorDefinition implements ChildSpec {
  readonly type = 'supervisor';
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly name: Name<never> | undefined;
  readonly backoff: Backoff | undefined;
  readonly intensity: number;
  readonly periodMs: number;

  constructor(
    readonly id: string,
    options: DynamicOptions,
  ) {
    this.restart = options.restart ?? 'permanent';
    this.shutdown = options.shutdownMs ?? 'infinity';
    this.significant = options.significant ?? false;
    this.name = options.name;
    this.backoff = options.backoff;
    this.intensity = options.intensity;
    this.periodMs = options.periodMs;
  }

  problem(): string | undefined {
    const { intensity, periodMs } = this;
    const common = commonProblem(this);
    if (common !== undefined) return common;
    if (!Number.isInteger(intensity) || intensity < 0 || intensity > 100_000)
      return `intensity: expected a whole number from 0 to 100000, got ${intensity}`;
    if (!(periodMs > 0 && periodMs < Infinity))
      return `periodMs: expected a finite number of ms above 0, got ${periodMs}`;
    return undefined;
  }

  abstract create(seat: ProcessSeat): Process;
}

export class StaticDefinition extends SupervisorDefinition {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;

  constructor(
    id: string,
    options: SupervisorOptions,
    readonly children: Children,
  ) {
    super(id, options);
    this.strategy = options.strategy;
    this.autoShutdown = options.autoShutdown ?? 'never';
  }

  override problem(): string | undefined {
    const own = super.problem();
    if (own !== undefined) return own;
    if (!['one_for_one', 'one_for_all', 'rest_for_one'].includes(this.strategy))
      return `strategy: expected one_for_one, one_for_all or rest_for_one, got ${JSON.stringify(this.strategy)}`;
    if (!['never', 'any_significant', 'all_significant'].includes(this.autoShutdown))
      return `autoShutdown: expected never, any_significant or all_significant, got ${JSON.stringify(this.autoShutdown)}`;
    return typeof this.children === 'function' ? undefined : this.childrenProblem(this.children);
  }

  /** Checked before any child starts. */
  childrenProblem(children: readonly ChildSpec[]): string | undefined {
    const ids = new Set<string>();
    for (const child of children) {
      if (ids.has(child.id)) return `children: "${child.id}" occurs twice`;
      ids.add(child.id);
      const problem = this.childProblem(child);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  childProblem(child: ChildSpec): string | undefined {
    const problem = child.problem();
    if (problem !== undefined) return `${child.id}: ${problem}`;
    if (child.significant && this.autoShutdown === 'never')
      return `${child.id}: significant: needs a supervisor with autoShutdown any_significant or all_significant`;
    return backoffFits(child, this);
  }

  create(seat: ProcessSeat): Process {
    return new StaticSupervisor(seat, this);
  }
}

export class DynamicDefinition extends SupervisorDefinition {
  readonly #asksForShutdown: boolean;

  constructor(
    id: string,
    options: DynamicOptions,
    readonly template: (args: never) => ChildSpec,
  ) {
    super(id, options);
    this.#asksForShutdown = 'autoShutdown' in options;
  }

  childProblem(child: ChildSpec): string | undefined {
    const problem = child.problem();
    if (problem !== undefined) return `${child.id}: ${problem}`;
    if (child.significant)
      return `${child.id}: significant: a dynamic supervisor does not shut down by itself`;
    return backoffFits(child, this);
  }

  override problem(): string | undefined {
    const own = super.problem();
    if (own !== undefined) return own;
    return this.#asksForShutdown ? 'autoShutdown: a dynamic supervisor has none' : undefined;
  }

  create(seat: ProcessSeat): Process {
    return new DynamicSupervisor(seat, this);
  }
}

/**
 * A supervisor with children known beforehand.
 *
 * Nothing starts yet. Specs are checked before any start: duplicate ids, unknown values and contradictions refuse the
 * whole supervisor with an `InvalidSpec` that names the problem.
 */
export const supervisor = (
  id: string,
  options: SupervisorOptions,
  children: Children,
): ChildSpec<SupervisorMsg> =>
  new StaticDefinition(id, options, children) as ChildSpec as ChildSpec<SupervisorMsg>;

/** A supervisor whose children are all made from one template, at run time, by `start_child`. */
export const dynamicSupervisor = <Args>(
  id: string,
  options: DynamicOptions,
  template: (args: Args) => ChildSpec,
): ChildSpec<SupervisorMsg<Args>> =>
  new DynamicDefinition(id, options, template) as ChildSpec as ChildSpec<SupervisorMsg<Args>>;
