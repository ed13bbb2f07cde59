/** A tree on virtual time, and its life as short lines: `start a#1`, `exit a#1 shutdown`, `fail a#2`, `ignore a#1`. */
import { startTree } from '../../../runtime/index.js';
import type { AskOutcome, ChildSpec, ExitReason, KernelEvent, System } from '../../../runtime/index.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import type { SimulationOptions } from '../../../runtime/testing/simulation-host.js';
import type { Order, WorkerRef } from './child.js';

export const labelOf = (reason: ExitReason): string =>
  reason.kind === 'shutdown' && reason.detail !== undefined ? 'shutdown(x)' : reason.kind;

/** Starts, deaths and failed starts by id and incarnation; undefined for every other event. */
export function lineOf(event: KernelEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `start ${event.id}#${event.handle.incarnation}`;
    case 'exited':
      return `exit ${event.id}#${event.handle.incarnation} ${labelOf(event.reason)}`;
    case 'start_failed':
      return `fail ${event.id}#${event.incarnation}`;
    case 'start_ignored':
      return `ignore ${event.id}#${event.incarnation}`;
    default:
      return undefined;
  }
}

/** The events of a tree, from before its first start. */
export class Recording {
  readonly events: KernelEvent[] = [];
  #taken = 0;

  readonly subscriber = (event: KernelEvent): void => void this.events.push(event);

  get lines(): string[] {
    return this.events.map(lineOf).filter((line) => line !== undefined);
  }

  /** The lines since the last call. */
  take(): string[] {
    const fresh = this.events.slice(this.#taken);
    this.#taken = this.events.length;
    return fresh.map(lineOf).filter((line) => line !== undefined);
  }

  of<Type extends KernelEvent['type']>(type: Type): Extract<KernelEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<KernelEvent, { type: Type }> => event.type === type);
  }
}

export class Lab {
  constructor(
    readonly system: System,
    readonly host: SimulationHost,
    readonly recording: Recording,
  ) {}

  /** The ref at a path below the root, such as `a` or `sup/a`. */
  at(path: string): WorkerRef {
    const ref = this.system.find(`root/${path}`);
    if (ref === undefined) throw new Error(`nothing at root/${path}`);
    return ref as WorkerRef;
  }

  supervisor(path?: string): never {
    return (path === undefined ? this.system.root : this.at(path)) as never;
  }

  /** Tells, and runs until nothing is ready. */
  tell(path: string, ...orders: Order[]): void {
    for (const order of orders) this.at(path).tell(order);
    this.host.run();
  }

  async ask(path: string): Promise<AskOutcome<string>> {
    const answer = this.system.ask(this.at(path), { type: 'get' }, { deadlineMs: 1_000 });
    await this.host.settle();
    return answer;
  }

  take(): string[] {
    return this.recording.take();
  }

  /** State of each child as the supervisor lists it: `a running`, `b down`. */
  async states(path?: string): Promise<string[]> {
    const answer = await this.system.whichChildren(this.supervisor(path));
    if (!answer.ok) throw new Error(answer.reason.type);
    return answer.value.map(({ id, state }) => `${id} ${state}`);
  }

  /** Stops the tree and checks that nothing of it is left. */
  async stop(): Promise<void> {
    const stopped = this.system.stop();
    await this.host.settle();
    await this.host.advance(10_000);
    await stopped;
    const { processes, names, timers, asks, asyncTurns } = this.system.census();
    const left = { processes, names, timers, asks, asyncTurns, places: this.host.places.length };
    if (Object.values(left).some((count) => count !== 0))
      throw new Error(`left behind: ${JSON.stringify(left)}`);
    const defects = this.recording.of('kernel_error');
    if (defects[0] !== undefined) throw defects[0].error;
  }
}

/** Starts a tree with id `root`; the lines of its start are in `take()`. */
export async function startLab(root: ChildSpec, simulation: SimulationOptions = {}): Promise<Lab> {
  const host = new SimulationHost(simulation);
  const recording = new Recording();
  const starting = startTree(root, { host, subscribers: [recording.subscriber] });
  await host.settle();
  return new Lab(await starting, host, recording);
}

/** A start that must fail: what it failed with, and the lines of it. */
export async function failLab(
  root: ChildSpec,
): Promise<{ error: unknown; lines: string[]; places: readonly string[] }> {
  const host = new SimulationHost();
  const recording = new Recording();
  const starting = startTree(root, { host, subscribers: [recording.subscriber] }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await host.settle();
  const error = await starting;
  if (error === undefined) throw new Error('the tree started');
  return { error, lines: recording.lines, places: host.places };
}

/** A promise that the test settles. */
export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
