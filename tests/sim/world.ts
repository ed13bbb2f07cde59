/** One random run: the tree grown from its plan, what is done to it, and what must not be. */
import type { AskOutcome, ChildSpec, Ctx, Ref, Replies, Signal, SupervisorMsg } from '../../runtime/index.js';
import { describeReason, dynamicSupervisor, kill, name, supervisor } from '../../runtime/index.js';
import { ProcessHandle } from '../../actors/kernel/process.js';
import type { Process } from '../../actors/kernel/process.js';
import type { Life, SimulatedSystem, Turn } from '../../runtime/testing/index.js';
import { actor } from './actor.js';
import type { Message } from './actor.js';
import { Ledger, lifeKey } from './ledger.js';
import type { Answer, AskRecord, Mail, TimerRecord } from './ledger.js';
import type { Branch, Command, Leaf, Plan } from './plan.js';

type Request = Mail & Replies<Answer>;

export class World {
  readonly ledger = new Ledger();
  readonly names = ['x', 'y', 'z'].map((each) => name<Message>(each));
  /** Supervisors that were told from outside what to do with their children. */
  readonly administered = new Set<string>();
  readonly suspended = new Map<Process, number>();
  readonly #refs: Ref<Message>[] = [];
  readonly #known = new Set<Ref<Message>>();
  #run: SimulatedSystem | undefined = undefined;
  #children = 0;
  #ids = 0;

  constructor(readonly plan: Plan) {}

  get run(): SimulatedSystem {
    if (this.#run === undefined) throw new Error('the run has not begun');
    return this.#run;
  }

  broke(law: string, problem: string): void {
    this.run.judge(law, problem);
  }

  /** A line of the story beside those of the kernel: what a turn asked for, and of whom. */
  does(life: Life, words: string): void {
    this.run.story.note(this.run.host.nowMs, life.path, `#${life.incarnation} ${words}`);
  }

  /** What takes too long is a fault as well. */
  get mayFail(): boolean {
    return this.run.phase === 'safety';
  }

  // The tree

  grow(run: SimulatedSystem): ChildSpec {
    this.#run = run;
    return this.#grown(this.plan.root, 'r');
  }

  #grown(twig: Leaf | Branch, id: string): ChildSpec {
    if (!('strategy' in twig)) return actor(this, id, twig);
    const { strategy, intensity, periodMs, restart, children } = twig;
    const options = { intensity, periodMs, restart };
    if (strategy === 'dynamic') {
      const template = (leaf: Leaf): ChildSpec => actor(this, 'template', leaf);
      return dynamicSupervisor(id, options, template);
    }
    const grown = children.map((inner) =>
      this.#grown(inner, 'strategy' in inner ? `s${++this.#ids}` : `a${++this.#ids}`),
    );
    return supervisor(id, { strategy, ...options }, grown);
  }

  // Who is there

  lifeOf(ctx: object): Life {
    const life = this.run.lifeOf(ctx);
    if (life === undefined) throw new Error('an unknown ctx');
    return life;
  }

  /** The turn that this `ctx` is in; of a dead incarnation the one that goes on. */
  turnOf(ctx: Ctx<Message>): Turn {
    const { turn } = this.lifeOf(ctx);
    if (turn === undefined) throw new Error('no turn');
    return turn;
  }

  meet(ref: Ref<Message>): void {
    if (this.#known.has(ref)) return;
    this.#known.add(ref);
    this.#refs.push(ref);
  }

  /** Places where an actor ever was. */
  get actors(): number {
    return this.#refs.length;
  }

  /** Those that are gone for good are still sent to. */
  pick(index: number): Ref<Message> {
    const ref = this.#refs[index % Math.max(1, this.#refs.length)];
    if (ref === undefined) throw new Error('there is nobody');
    return ref;
  }

  at(path: string): Ref<never> | undefined {
    return this.run.system.find(path);
  }

  nextChild(): number {
    return ++this.#children;
  }

  passes(ms: number): Promise<void> {
    return new Promise((resolve) => void this.run.host.alarm.set(ms, resolve));
  }

  // What actors enter in the ledger

  ticked(turn: Turn, timer: TimerRecord): void {
    const { path } = turn.life;
    const { nowMs } = this.run.host;
    timer.ticks++;
    if (timer.life !== turn.life)
      this.broke(
        'no tick of a dead incarnation',
        `${turn.life.name} is told of a timer of ${timer.life.name}`,
      );
    else if (timer.over)
      this.broke(
        'a timer that was cancelled never ticks',
        `${path}: ${timer.key} ticks, cancelled, replaced or over`,
      );
    else if (nowMs < timer.dueMs)
      this.broke('no timer ticks early', `${path}: ${timer.key} ticks at ${nowMs} ms, due at ${timer.dueMs}`);
    if (timer.repeat === 'once') timer.over = true;
    else if (timer.repeat === 'delay') timer.dueMs = nowMs + timer.periodMs;
    else timer.dueMs += timer.periodMs;
  }

  answered(turn: Turn | undefined, ask: AskRecord, outcome: AskOutcome<Answer>): void {
    ask.outcomes.push(outcome);
    const who = ask.life?.name ?? 'somebody outside';
    const law = 'an ask has one outcome, and a true one';
    if (ask.life !== turn?.life)
      this.broke(law, `${turn?.life.name ?? 'somebody outside'} gets the outcome of an ask of ${who}`);
    if (ask.outcomes.length > 1) this.broke(law, `${who} gets a second outcome of its ask of ${ask.to}`);
    if (ask.turn?.isVoid === true)
      this.broke(
        'no effect of a void turn',
        `${who} asked ${ask.to} in a turn that left nothing, and has an outcome`,
      );
    if (!outcome.ok) {
      const isEarly = ask.mail?.end !== 'letter expired' && ask.mail?.end !== 'letter crashed';
      if (
        outcome.reason.type === 'timeout' &&
        isEarly &&
        this.run.host.nowMs < ask.askedAtMs + ask.deadlineMs
      )
        this.broke(law, `${who}: its ask of ${ask.to} timed out before its deadline`);
      return;
    }
    if (outcome.value.ask !== ask)
      this.broke(law, `${who} gets the answer to another ask than that of ${ask.to}`);
    if (outcome.value.turn.isVoid)
      this.broke(
        'no effect of a void turn',
        `${who} has an answer of ${outcome.value.turn.life.path} from a turn that left nothing`,
      );
  }

  signalled({ life }: Turn, signal: Signal): void {
    const { path } = life;
    if (signal.type === 'exit') {
      const { from } = signal;
      if (from instanceof ProcessHandle)
        this.ledger.trapped.add(
          `${lifeKey(life.process, life.incarnation)} ${lifeKey(from.process, from.incarnation)}`,
        );
      return;
    }
    const record = this.ledger.monitors.get(signal.monitor);
    const law = 'one true Down for each monitor, in order';
    if (record === undefined) return;
    record.downs++;
    if (record.turn.isVoid)
      this.broke(
        'no effect of a void turn',
        `${path} has a Down of ${signal.path} from a monitor of a turn that left nothing`,
      );
    if (record.life !== life) this.broke(law, `${path} gets a Down that was meant for ${record.life.name}`);
    if (record.cancelled)
      this.broke(law, `${path} gets a Down of ${signal.path}, which it no longer monitors`);
    const { handle } = signal;
    if (!(handle instanceof ProcessHandle)) return;
    const reason = describeReason(signal.reason);
    const real = this.ledger.deaths.get(lifeKey(handle.process, handle.incarnation));
    if (real !== reason)
      this.broke(
        law,
        `${path} is told that ${signal.path} died of ${reason}, and it was ${real ?? 'nothing'}`,
      );
    const late = this.ledger.mail.find(
      ({ turn, process, counts, end, ask }) =>
        turn?.life.process === handle.process &&
        turn.life.incarnation === handle.incarnation &&
        process === life.process &&
        counts &&
        end === undefined &&
        ask === undefined,
    );
    if (late !== undefined)
      this.broke(law, `${path} gets the Down of ${signal.path} before ${late.name}, which that had sent it`);
  }

  unlinked(life: Life, process: Process): void {
    for (const link of this.ledger.links)
      if (
        (link.life === life && link.process === process) ||
        (link.process === life.process && link.life.process === process)
      )
        link.cut = true;
  }

  // What is done from outside

  async drive(): Promise<void> {
    const { host } = this.run;
    // Where every child is a supervisor without children there is nobody to do anything to.
    if (this.#refs.length === 0) return;
    for (const command of this.plan.commands) {
      this.#give(command);
      if (command.type === 'pass') await host.advance(command.ms);
      if (this.run.broken !== undefined) return;
    }
    await host.settle();
  }

  #give(command: Command): void {
    const { run, ledger } = this;
    const { system } = run;
    switch (command.type) {
      case 'tell':
      case 'offer': {
        const to = this.pick(command.to);
        if (command.type === 'offer') this.#offer(to, command.acts);
        else this.#tell(to, command.acts, command.expiresInMs);
        return;
      }
      case 'ask': {
        const to = this.pick(command.to);
        const ask = ledger.ask(undefined, undefined, to.path, run.host.nowMs, command.deadlineMs);
        ask.mail = ledger.send(to, 'outside', undefined, command.acts, undefined, ask);
        const { deadlineMs } = command;
        void system
          .ask(to as Ref<Request>, ask.mail as Request, { deadlineMs })
          .then((outcome) => this.answered(undefined, ask, outcome));
        return;
      }
      case 'flood':
        for (let n = 0; n < command.messages; n++) this.#tell(this.pick(command.to), []);
        return;
      case 'kill':
        system.exit(this.#process('worker', command.whom).ref, kill);
        return;
      case 'exit':
        system.exit(this.#process('worker', command.whom).ref, command.reason);
        return;
      case 'kill_supervisor':
        system.exit(this.#process('supervisor', command.whom).ref, kill);
        return;
      case 'suspend': {
        const process = this.#process('worker', command.whom);
        if (system.suspend(process.ref) && process.status === 'running')
          this.suspended.set(process, process.incarnation);
        return;
      }
      case 'resume': {
        const process = this.#process('worker', command.whom);
        system.resume(process.ref);
        this.suspended.delete(process);
        return;
      }
      case 'terminate':
      case 'restart':
      case 'delete':
      case 'start':
        this.#administer(command);
        return;
      case 'census':
        system.tree();
        return;
      case 'pass':
    }
  }

  #tell(to: Ref<Message>, acts: Mail['acts'], expiresInMs?: number): void {
    const expiresAtMs = expiresInMs === undefined ? undefined : this.run.host.nowMs + expiresInMs;
    const mail = this.ledger.send(to, 'outside', undefined, acts, expiresAtMs);
    const told = to.tell(mail, expiresInMs === undefined ? {} : { expiresInMs });
    if (told === 'full') mail.end = 'refused';
    if ((told === 'stopped') !== (mail.end === 'letter stopped'))
      this.broke(
        'conservation',
        `${to.path}: ${mail.name} is ${told} for who told it, and ${mail.end ?? 'nowhere'}`,
      );
  }

  #offer(to: Ref<Message>, acts: Mail['acts']): void {
    const mail = this.ledger.send(to, 'offers', undefined, acts);
    void to.offer(mail, { deadlineMs: 50 }).then((outcome) => {
      if (outcome === 'accepted' || mail.end === 'letter stopped') return;
      if (mail.begun > 0 || mail.end !== undefined)
        this.broke('conservation', `${to.path}: ${mail.name} is ${outcome} for who offered it, and arrived`);
      mail.end = 'refused';
    });
  }

  #administer(command: Extract<Command, { type: 'terminate' | 'restart' | 'delete' | 'start' }>): void {
    const { system } = this.run;
    const process = this.#process('supervisor', command.whom);
    const ref = process.ref as Ref<never> as Ref<SupervisorMsg>;
    if (command.type === 'start') {
      if (!('strategy' in process.spec)) void system.startDynamicChild<Leaf>(ref as never, command.leaf);
      else void system.startChild(ref, actor(this, `a${++this.#ids}`, command.leaf));
      return;
    }
    this.administered.add(process.path);
    const { offspring } = process;
    const child = offspring[command.child % Math.max(1, offspring.length)];
    if (child === undefined) return;
    this.run.story.note(this.run.host.nowMs, process.path, `is asked to ${command.type} ${child.id}`);
    if (command.type === 'restart') void system.restartChild(ref, child.id);
    else if (command.type === 'delete') void system.deleteChild(ref, child.id);
    else void system.terminateChild(ref, 'strategy' in process.spec ? child.id : child.handle);
  }

  #process(type: 'worker' | 'supervisor', whom: number): Process {
    const all = [...this.run.processes()].filter((process) => process.spec.type === type);
    return all[whom % Math.max(1, all.length)] ?? this.run.root;
  }
}
