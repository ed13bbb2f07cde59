import type { Random } from '../../actors/kernel/capabilities.js';
import type { ChildSpec } from '../../actors/kernel/child-spec.js';
import type { KernelEvent } from '../../actors/kernel/events.js';
import type { Kernel } from '../../actors/kernel/kernel.js';
import { ProcessRef } from '../../actors/kernel/process.js';
import type { Process } from '../../actors/kernel/process.js';
import { kill } from '../../protocols/exit-reason.js';
import { everyProcess } from '../inspect.js';
import { System } from '../system.js';
import { Digest } from './digest.js';
import type { FaultPlan } from './fault-plan.js';
import { withFaults } from './faulty-tree.js';
import type { Broken, Law, LawOf } from './law.js';
import { Observer } from './observed-tree.js';
import type { Life, Turn } from './observed-tree.js';
import type { SimulationHost } from './simulation-host.js';
import { Story } from './story.js';

const HOUR_MS = 3_600_000;

/** `safety`: faults strike. `liveness`: they do not, and all has to come to rest. */
export type Phase = 'starting' | 'safety' | 'liveness' | 'stopping' | 'stopped';

export interface BrokenLaw {
  readonly law: string;
  readonly problem: string;
  /** What happened, told at that moment. */
  readonly story: string;
}

/** One run: a system on virtual time whose every turn is seen, with faults that strike and laws that hold. */
export class SimulatedSystem {
  phase: Phase = 'starting';
  readonly digest = new Digest();
  #broken: BrokenLaw | undefined = undefined;
  /** Resolves when a law is broken. */
  readonly halted: Promise<void>;
  /** Messages whose turn took effect. */
  messages = 0;
  readonly observer: Observer;
  readonly story: Story;
  readonly #laws: readonly Law[];
  readonly #turnsMax: number;
  #halt: () => void = () => undefined;
  #system: System | undefined = undefined;
  #root: Process | undefined = undefined;

  constructor(
    readonly host: SimulationHost,
    readonly plan: FaultPlan,
    /** For whoever drives: a stream of its own. */
    readonly random: Random,
    options: {
      readonly laws: readonly LawOf[];
      readonly turnsMax: number;
      readonly describe: ((message: unknown) => string) | undefined;
    },
  ) {
    this.halted = new Promise((resolve) => (this.#halt = resolve));
    this.story = new Story(options.describe);
    this.#turnsMax = options.turnsMax;
    this.observer = new Observer({
      began: (turn, state) => this.#began(turn, state),
      ended: (turn, error) => this.#ended(turn, error),
    });
    this.#laws = options.laws.map((make) => make(this));
    plan.onInjected = ({ point, where }) => {
      this.digest.add(point);
      this.story.note(host.nowMs, where ?? '', `the simulation strikes: ${point}`);
    };
    host.watchBursts(() => this.#afterTurn());
  }

  /** The first law that was broken. Nothing runs any more then. */
  get broken(): BrokenLaw | undefined {
    return this.#broken;
  }

  get system(): System {
    if (this.#system === undefined) throw new Error('the system has not started');
    return this.#system;
  }

  get root(): Process {
    if (this.#root === undefined) throw new Error('the system has not started');
    return this.#root;
  }

  get kernel(): Kernel {
    return this.root.kernel;
  }

  /** Every place, parents before their children. */
  processes(): Generator<Process> {
    return everyProcess(this.root);
  }

  /** The newest incarnation at each place that had one. */
  get lives(): ReadonlyMap<Process, Life> {
    return this.observer.lives;
  }

  /** The life that this `ctx` belongs to. */
  lifeOf(ctx: object): Life | undefined {
    return this.observer.lifeOf(ctx);
  }

  async start(tree: ChildSpec): Promise<void> {
    const spec = this.observer.observed(withFaults(tree, this.plan, this.host.alarm));
    const subscribers = [this.observer.event, (event: KernelEvent) => this.#event(event)];
    this.#system = await System.start(spec, { host: this.host, subscribers });
    const { root } = this.#system;
    if (!(root instanceof ProcessRef)) throw new TypeError('a root of another kernel');
    this.#root = root.process;
  }

  /** Ends the run if something is wrong. */
  judge(law: string, broken: Broken): void {
    if (broken === undefined || this.#broken !== undefined) return;
    this.#broken = { law, problem: broken, story: this.story.tell(broken) };
    this.host.halt();
    this.#halt();
  }

  judgeAll(look: (law: Law) => Broken): void {
    for (const law of this.#laws) this.judge(law.name, look(law));
  }

  #event(event: KernelEvent): void {
    if (this.#broken !== undefined) return;
    const { nowMs } = this.host;
    this.digest.addNumber(nowMs);
    this.digest.add(event.type);
    const path = event.type === 'dead_letter' ? event.letter.recipient : event.path;
    if (path !== undefined) this.digest.add(path);
    if (event.type === 'dead_letter') this.digest.add(event.letter.reason);
    this.story.event(nowMs, event);
    for (const law of this.#laws) if (law.event !== undefined) this.judge(law.name, law.event(event));
  }

  #began(turn: Turn, state: unknown): void {
    if (this.#broken !== undefined) return;
    const { life } = turn;
    this.digest.addNumber(this.host.nowMs);
    this.digest.add(turn.occasion);
    this.digest.add(life.path);
    this.digest.addNumber(life.incarnation);
    this.story.began(this.host.nowMs, turn);
    for (const law of this.#laws)
      if (law.turnBegan !== undefined) this.judge(law.name, law.turnBegan(turn, state));
    if (turn.number > this.#turnsMax)
      this.judge('it ends', `more than ${this.#turnsMax} turns, the last one of ${life.path}`);
  }

  #ended(turn: Turn, error: unknown): void {
    if (this.#broken !== undefined) return;
    this.digest.addNumber(turn.number);
    this.digest.add(turn.outcome);
    if (turn.occasion === 'handle' && turn.outcome === 'returned') this.messages++;
    this.story.ended(this.host.nowMs, turn, error, this.observer.turns);
    for (const law of this.#laws) if (law.turnEnded !== undefined) this.judge(law.name, law.turnEnded(turn));
  }

  #afterTurn(): void {
    if (this.#root === undefined || this.#broken !== undefined) return;
    this.digest.addNumber(this.host.nowMs);
    for (const law of this.#laws) if (law.afterTurn !== undefined) this.judge(law.name, law.afterTurn());
    if (this.plan.armed) this.#strike();
  }

  /** Faults that hit no behaviour. */
  #strike(): void {
    const { plan, host } = this;
    let victim: Process | undefined;
    const choose = (): string => {
      const all = [...this.processes()].filter((process) => process.alive && process !== this.root);
      victim = all[Math.floor(plan.draw() * all.length)];
      return victim?.path ?? 'nobody';
    };
    if (plan.strikes('kill', choose) && victim !== undefined) this.system.exit(victim.ref, kill);
    if (plan.strikes('clock_jump', () => undefined)) host.jumpWall((2 * plan.draw() - 1) * HOUR_MS);
    if (plan.strikes('sleep', () => undefined)) host.sleep(Math.floor(plan.draw() * 5 * plan.slowMsMax));
  }
}
