/** Plays a scenario on our kernel, on virtual time, through nothing but the public API. Lines as runner.erl prints them. */
import {
  child,
  dynamicSupervisor,
  failed,
  ignore,
  InvalidSpec,
  kill,
  killed,
  name,
  noproc,
  normal,
  shutdown,
  shutdownWith,
  StartFailed,
  startTree,
  supervisor,
} from '../../../runtime/index.js';
import type {
  AskOutcome,
  ChildCounts,
  ChildInfo,
  ChildSpec,
  Ctx,
  ExitReason,
  FailedToStartChild,
  Handle,
  KernelEvent,
  Ref,
  SupervisorMsg,
  System,
} from '../../../runtime/index.js';
import { SimulationHost } from '../../../runtime/testing/simulation-host.js';
import type { Act, Call, Dynamic, Node, Reason, Scenario, Start, Worker } from './scenario.js';

type Order =
  | { readonly type: 'stop'; readonly reason: Reason }
  | { readonly type: 'link' | 'unlink'; readonly other: Handle };

type Answer = AskOutcome<
  | { readonly ok: true; readonly handle?: Handle | undefined }
  | { readonly ok: false; readonly error: string; readonly reason?: ExitReason; readonly handle?: Handle }
  | readonly ChildInfo[]
  | ChildCounts
>;

/** Longer than any shutdown time of a scenario, and nothing against a period. */
const REST_MS = 100;

const reasons: Readonly<Record<Reason, ExitReason>> = {
  normal,
  shutdown,
  shutdown_x: shutdownWith('x'),
  kill,
  killed,
  noproc,
  error: failed(new Error('an error')),
};

const reasonIn = (start: Start): ExitReason => reasons[start.split(' ')[1] as Reason];

function classOf(reason: ExitReason): string {
  if (reason.kind !== 'shutdown' || reason.detail === undefined) return reason.kind;
  const { failedToStartChild: why } = reason.detail as Partial<FailedToStartChild>;
  return why === undefined ? 'shutdown(x)' : `failed_to_start(${why.id} ${classOf(why.reason)})`;
}

export async function playOurs(scenario: Scenario): Promise<readonly string[]> {
  const stage = new Stage();
  await stage.play(scenario);
  return stage.lines;
}

class Stage {
  readonly lines: string[] = [];
  readonly #host = new SimulationHost();
  readonly #starts = new Map<string, number>();
  /** Scenario's path of each place: generated ids of dynamic children are replaced by their keys. */
  readonly #paths = new Map<string, string>();
  readonly #numbers = new Map<string, number>();
  readonly #names = new Map<Handle, string>();
  readonly #newest = new Map<string, Handle>();
  readonly #supervisors = new Set<string>();

  async play({ root, steps }: Scenario): Promise<void> {
    const starting = startTree(this.#spec(root, 'root', 'root'), {
      host: this.#host,
      subscribers: [(event) => this.#record(event)],
    }).catch((error: unknown) => error);
    await this.#rest();
    const system = await starting;
    if (system instanceof Error) {
      const why = system instanceof StartFailed ? `failed ${classOf(system.reason)}` : 'failed error';
      this.lines.push(system instanceof InvalidSpec ? 'invalid' : `root ${why}`);
      return;
    }
    for (const [at, { mode, acts, afterMs }] of steps.entries()) {
      await this.#host.advance(afterMs);
      this.lines.push(`step ${at + 1}`);
      const asked: Promise<string>[] = [];
      for (const act of acts) {
        const answer = this.#act(system as System, act);
        if (answer !== undefined) asked.push(answer);
        if (mode === 'each') await this.#rest();
      }
      await this.#rest();
      for (const answer of asked) this.lines.push(`answer ${await answer}`);
    }
    await this.#report(system as System);
    this.lines.push('stop');
    const stopped = (system as System).stop();
    await this.#rest();
    await stopped;
  }

  async #rest(): Promise<void> {
    await this.#host.settle();
    await this.#host.advance(REST_MS);
  }

  // The tree

  #spec(node: Node, real: string, path: string): ChildSpec {
    this.#paths.set(real, path);
    const { id, restart, significant, shutdown: shutdownMs } = node;
    const common = { restart, significant, shutdownMs };
    if (node.kind === 'worker') return this.#worker(node, path);
    this.#supervisors.add(path);
    const budget = { intensity: node.intensity, periodMs: node.periodS * 1_000 };
    if (node.kind === 'dynamic')
      return dynamicSupervisor(id, { ...common, ...budget }, this.#template(node, real, path));
    const { strategy, autoShutdown, starts } = node;
    const children = node.children.map((inner) =>
      this.#spec(inner, `${real}/${inner.id}`, `${path}/${inner.id}`),
    );
    const scripted = (): typeof children | typeof ignore => {
      const start = this.#nextStart(path, starts);
      if (start.startsWith('fail')) throw new Error('does not start');
      return start === 'ignore' ? ignore : children;
    };
    const always = starts.every((start) => start === 'ok');
    return supervisor(id, { ...common, ...budget, strategy, autoShutdown }, always ? children : scripted);
  }

  #template(node: Dynamic, real: string, path: string) {
    let made = 0;
    return ({ key, starts }: { key: string; starts: readonly Start[] }): ChildSpec =>
      this.#spec({ ...node.template, starts }, `${real}/~${++made}`, `${path}/${key}`);
  }

  #nextStart(path: string, starts: readonly Start[]): Start {
    const before = this.#starts.get(path) ?? 0;
    this.#starts.set(path, before + 1);
    return starts[Math.min(before, starts.length - 1)] ?? 'ok';
  }

  #worker(node: Worker, path: string): ChildSpec {
    const { id, restart, significant, shutdown: shutdownMs, traps, hangs, starts } = node;
    const init = (ctx: Ctx<Order>): null | typeof ignore => {
      const start = this.#nextStart(path, starts);
      if (start === 'fail error') throw new Error('does not start');
      if (start.startsWith('fail')) ctx.stop(reasonIn(start));
      if (start === 'ignore') return ignore;
      ctx.trapExits(traps);
      if (node.name !== '') ctx.register(name<Order>(node.name));
      if (start.startsWith('dies')) ctx.exit(ctx.handle, reasonIn(start));
      return null;
    };
    return child<null, Order, null>({
      id,
      restart,
      significant,
      shutdownMs,
      args: null,
      mailbox: { capacity: 100 },
      onRestart: 'dead_letter',
      behavior: {
        init: (_args, ctx) => init(ctx),
        handle(state, order, ctx) {
          if (order.type === 'stop') {
            if (order.reason === 'error') throw new Error('crash');
            ctx.stop(reasons[order.reason]);
          } else if (order.type === 'link') ctx.link(order.other);
          else ctx.unlink(order.other);
          return state;
        },
        signal: (state, { reason }, ctx) => {
          this.#note('trapped', ctx, reason);
          return state;
        },
        terminate: (_state, reason, ctx) => {
          this.#note('terminate', ctx, reason);
          return hangs && reason.kind === 'shutdown' ? new Promise(() => undefined) : undefined;
        },
      },
    });
  }

  // What happens

  #act(system: System, act: Act): Promise<string> | undefined {
    const handle = this.#newest.get(act.path);
    if (act.type === 'call') return this.#call(system, handle?.ref, act.call).then((it) => this.#told(it));
    if (handle?.alive !== true) return undefined;
    const ref = handle.ref as Ref<unknown> as Ref<Order>;
    if (act.type === 'exit') system.exit(handle, reasons[act.reason]);
    else if (act.type === 'stop') ref.tell(act);
    else {
      const other = this.#newest.get(act.other);
      if (other !== undefined) ref.tell({ type: act.type, other });
    }
    return undefined;
  }

  #call(system: System, ref: Ref<never> | undefined, call: Call): Promise<Answer> {
    if (ref === undefined) return Promise.resolve({ ok: false, reason: { type: 'noproc' } });
    const target = ref as Ref<SupervisorMsg<unknown>>;
    const path = this.#paths.get(ref.path) ?? '';
    switch (call.type) {
      case 'start_child': {
        const { child: node } = call;
        return system.startChild(target, this.#spec(node, `${ref.path}/${node.id}`, `${path}/${node.id}`));
      }
      case 'start_dynamic':
        return system.startDynamicChild(target, call);
      case 'terminate_handle': {
        const handle = this.#newest.get(call.path);
        return handle === undefined
          ? Promise.resolve({ ok: true, value: { ok: false, error: 'simple_one_for_one' } })
          : system.terminateChild(target, handle);
      }
      case 'terminate_child':
        return system.terminateChild(target, call.id);
      case 'restart_child':
        return system.restartChild(target, call.id);
      case 'delete_child':
        return system.deleteChild(target, call.id);
      case 'which_children':
        return system.whichChildren(target);
      case 'count_children':
        return system.countChildren(target);
    }
  }

  async #report(system: System): Promise<void> {
    for (const path of [...this.#supervisors].sort()) {
      const handle = this.#newest.get(path);
      if (handle?.alive !== true) continue;
      const target = handle.ref as Ref<unknown> as Ref<SupervisorMsg>;
      const children = await system.whichChildren(target);
      const counts = await system.countChildren(target);
      this.lines.push(`report ${path}: ${this.#told(children)}; ${this.#told(counts)}`);
    }
  }

  // In words

  #named(handle: Handle | undefined): string {
    return (handle === undefined ? undefined : this.#names.get(handle)) ?? '?';
  }

  #note(what: string, ctx: Ctx<Order>, reason: ExitReason): void {
    this.lines.push(`${what} ${this.#named(ctx.handle)} ${classOf(reason)}`);
  }

  #record(event: KernelEvent): void {
    if (event.type === 'kernel_error') throw new Error('a defect', { cause: event.error });
    if (event.type === 'exited')
      this.lines.push(`exit ${this.#named(event.handle)} ${classOf(event.reason)}`);
    if (event.type !== 'started' && event.type !== 'start_failed' && event.type !== 'start_ignored') return;
    const path = this.#paths.get(event.path) ?? '?';
    const number = (this.#numbers.get(path) ?? 0) + 1;
    this.#numbers.set(path, number);
    const what = { started: 'start', start_failed: 'fail', start_ignored: 'ignore' }[event.type];
    const why = event.type === 'start_failed' ? ` ${classOf(event.reason)}` : '';
    this.lines.push(`${what} ${path}#${number}${why}`);
    if (event.type !== 'started') return;
    this.#names.set(event.handle, `${path}#${number}`);
    this.#newest.set(path, event.handle);
  }

  #told(answer: Answer): string {
    if (!answer.ok)
      return answer.reason.type === 'exit' ? `exit ${classOf(answer.reason.reason)}` : answer.reason.type;
    const { value } = answer;
    if (!('ok' in value))
      return 'specs' in value
        ? `${value.specs} ${value.active} ${value.supervisors} ${value.workers}`
        : value
            .map((info) => this.#listed(info))
            .sort()
            .join(', ');
    const handle = value.handle === undefined ? '' : ` ${this.#named(value.handle)}`;
    if (value.ok) return `ok${handle}`;
    if (value.error === 'invalid_spec') return 'invalid';
    return `${value.error}${handle}${value.reason === undefined ? '' : ` ${classOf(value.reason)}`}`;
  }

  #listed({ id, state, handle, type }: ChildInfo): string {
    return `${id.startsWith('~') ? '-' : id} ${state === 'running' ? this.#named(handle) : state} ${type}`;
  }
}
