/** The only kind of actor in a random run: it does what its messages say, and enters all of it in the ledger. */
import { child, ignore, kill } from '../../runtime/index.js';
import type { AskOutcome, ChildSpec, Ctx, Replies, StartFailure } from '../../runtime/index.js';
import { Actor } from '../../actors/kernel/actor.js';
import type { Life, Turn } from '../../runtime/testing/index.js';
import { Mind, processOf, TimerRecord } from './ledger.js';
import type { Answer, AskRecord, Mail, PipeRecord } from './ledger.js';
import type { Act, Leaf } from './plan.js';
import type { World } from './world.js';

export type Message =
  | (Mail & Replies<Answer>)
  | { readonly type: 'tick'; readonly timer: TimerRecord }
  | { readonly type: 'outcome'; readonly ask: AskRecord; readonly outcome: AskOutcome<Answer> }
  | { readonly type: 'piped'; readonly pipe: PipeRecord }
  | { readonly type: 'start_failed'; readonly failure: StartFailure; readonly life: Life };

/** Replaced by each turn, so that one that should have left no trace can be told. */
interface State {
  readonly mind: Mind;
}

export function actor(world: World, id: string, leaf: Leaf, bornIn?: Turn): ChildSpec<Message> {
  const { restart, shutdownMs, capacity, overflow, expiryMs, onRestart, attempts, delaysMs, traps } = leaf;
  return child<State, Message, null>({
    ...{ id, restart, shutdownMs, onRestart, attempts, args: null, startMs: 1_000 },
    ...(delaysMs === undefined ? {} : { backoff: delaysMs }),
    mailbox: {
      ...{ capacity, overflow },
      ...(expiryMs === undefined ? {} : { expiryMs }),
      ...(overflow === 'conflate' ? { key: (message: Message) => (message as Mail).key } : {}),
    },
    behavior: {
      init(_args, ctx): State | typeof ignore | Promise<State> {
        if (bornIn !== undefined && bornIn.outcome !== 'returned')
          world.broke(
            'no effect of a void turn',
            `${ctx.path} is started by a turn of ${bornIn.life.path} that has not ended well`,
          );
        ctx.trapExits(traps);
        const life = world.lifeOf(ctx);
        world.meet(ctx.self);
        if (leaf.ignores === life.incarnation) return ignore;
        const state = { mind: new Mind(life, traps) };
        return leaf.initMs === undefined || life.incarnation === 1 || !world.mayFail
          ? state
          : world.passes(leaf.initMs).then(() => state);
      },
      handle: (state, message, ctx) => handle(world, state, message, ctx),
      signal(state, signal, ctx) {
        world.signalled(world.turnOf(ctx), signal);
        return { ...state };
      },
      ...(leaf.terminates
        ? {
            terminate: () =>
              leaf.terminateMs === undefined || !world.mayFail ? undefined : world.passes(leaf.terminateMs),
          }
        : {}),
    },
  });
}

function handle(world: World, state: State, message: Message, ctx: Ctx<Message>): State | Promise<State> {
  const { mind } = state;
  const turn = world.turnOf(ctx);
  if (!turn.life.ended && turn.life.process instanceof Actor && turn.life.process.trapsExits !== mind.traps)
    world.broke(
      'nothing of a dead incarnation remains',
      `${turn.life.path} traps exits or not, and it never said so`,
    );
  switch (message.type) {
    case 'mail': {
      const slow = message.acts.find((act) => act.do === 'slow');
      const work = (): State => {
        perform(world, mind, message, turn, ctx);
        return { mind };
      };
      if (slow === undefined) return work();
      return slow.first ? world.passes(slow.ms).then(work) : afterwards(work(), world.passes(slow.ms));
    }
    case 'tick':
      world.ticked(turn, message.timer);
      return { mind };
    case 'outcome':
      world.answered(turn, message.ask, message.outcome);
      return { mind };
    case 'piped':
      message.pipe.arrived++;
      if (message.pipe.life !== turn.life || message.pipe.arrived > 1)
        world.broke(
          'work comes back once, to who began it',
          `${turn.life.name} is told what ${message.pipe.life.name} began`,
        );
      return { mind };
    case 'start_failed':
      if (message.life !== turn.life)
        world.broke(
          'nothing of a dead incarnation arrives',
          `${turn.life.name} is told that a child of ${message.life.name} failed`,
        );
      return { mind };
  }
}

const afterwards = async <T>(value: T, passed: Promise<void>): Promise<T> => {
  await passed;
  return value;
};

/** Those that may end the actor in the middle of its effects come last: what is asked for behind them never happens. */
const deadly = new Set<Act['do']>(['link', 'exit', 'stop', 'crash']);

function perform(
  world: World,
  mind: Mind,
  mail: Mail & Replies<Answer>,
  turn: Turn,
  ctx: Ctx<Message>,
): void {
  for (const act of mail.acts) if (!deadly.has(act.do)) carryOut(world, mind, act, mail, turn, ctx);
  for (const act of mail.acts) if (deadly.has(act.do)) carryOut(world, mind, act, mail, turn, ctx);
}

function carryOut(
  world: World,
  mind: Mind,
  act: Act,
  mail: Mail & Replies<Answer>,
  turn: Turn,
  ctx: Ctx<Message>,
): void {
  const { ledger } = world;
  const { life } = turn;
  switch (act.do) {
    case 'tell': {
      const to = world.pick(act.to);
      const expiresAtMs = act.expiresInMs === undefined ? undefined : ctx.nowMs() + act.expiresInMs;
      const sent = ledger.send(to, life.name, turn, act.acts, expiresAtMs);
      if (act.expiresInMs === undefined) ctx.tell(to, sent);
      else ctx.tell(to, sent, { expiresInMs: act.expiresInMs });
      return;
    }
    case 'ask': {
      const to = world.pick(act.to);
      const { deadlineMs } = act;
      const ask = ledger.ask(life, turn, to.path, ctx.nowMs(), deadlineMs);
      ask.mail = ledger.send(to, life.name, turn, act.acts, undefined, ask);
      const request = ask.mail as Mail & Replies<Answer>;
      ctx.ask(to, request, { deadlineMs }, (outcome) => ({
        ...{ type: 'outcome', ask },
        outcome: outcome,
      }));
      return;
    }
    case 'reply':
      if (mail.ask !== undefined) ctx.reply(mail, { turn, ask: mail.ask });
      return;
    case 'defer':
      if (mail.ask !== undefined) mind.deferred.push({ to: ctx.deferReply(mail), ask: mail.ask });
      return;
    case 'answer': {
      const first = mind.deferred.shift();
      if (first !== undefined) ctx.replyTo(first.to, { turn, ask: first.ask });
      return;
    }
    case 'timer': {
      const key = `t${act.key}`;
      const timer = new TimerRecord(key, life, act.repeat, act.ms, ctx.nowMs() + act.ms);
      const before = mind.timers.get(key);
      if (before !== undefined) before.over = true;
      mind.timers.set(key, timer);
      ledger.timers.push(timer);
      const tick = { type: 'tick', timer } as const;
      if (act.repeat === 'once') ctx.timer(key, act.ms, tick);
      else if (act.repeat === 'rate') ctx.timerAtFixedRate(key, act.ms, tick);
      else ctx.timerWithFixedDelay(key, act.ms, tick);
      return;
    }
    case 'cancel': {
      const key = `t${act.key}`;
      const timer = mind.timers.get(key);
      if (timer !== undefined) timer.over = true;
      mind.timers.delete(key);
      ctx.cancelTimer(key);
      return;
    }
    case 'monitor': {
      const to = world.pick(act.to);
      const monitor = ctx.monitor(to);
      const record = {
        monitor,
        life,
        turn,
        process: processOf(to),
        handle: undefined,
        cancelled: false,
        downs: 0,
      };
      mind.monitors.push(record);
      world.does(life, `monitors ${to.path}`);
      ledger.monitors.set(monitor, record);
      return;
    }
    case 'demonitor': {
      const record = mind.monitors.shift();
      if (record === undefined) return;
      record.cancelled = true;
      ctx.demonitor(record.monitor);
      world.does(life, `monitors ${record.process.path} no longer`);
      return;
    }
    case 'link': {
      const to = world.pick(act.to);
      if (to.path === life.path) return;
      ledger.links.push({ life, turn, process: processOf(to), incarnation: -1, cut: false });
      ctx.link(to);
      world.does(life, `links to ${to.path}`);
      return;
    }
    case 'unlink': {
      // From one that it linked itself to, where there is any.
      const linked = ledger.links.filter((link) => link.life === life && !link.cut && link.turn !== turn);
      const to = linked[act.to % Math.max(1, linked.length)]?.process.ref ?? world.pick(act.to);
      world.unlinked(life, processOf(to));
      ctx.unlink(to);
      world.does(life, `unlinks from ${to.path}`);
      return;
    }
    case 'trap':
      ctx.trapExits(act.on);
      mind.traps = act.on;
      return;
    case 'register': {
      const name = world.names[act.name];
      if (name === undefined || ctx.whereis(name) !== undefined) return;
      ctx.register(name);
      mind.names.add(act.name);
      world.does(life, `registers as ${name.name}`);
      return;
    }
    case 'unregister': {
      const [held] = mind.names;
      const name = held === undefined ? undefined : world.names[held];
      if (held === undefined || name === undefined) return;
      mind.names.delete(held);
      ctx.unregister(name);
      world.does(life, `gives the name ${name.name} back`);
      if (!life.ended && ctx.whereis(name) !== undefined)
        world.broke(
          'a name leads to somebody who lives',
          `${life.path} gave ${name.name} back, and it is taken`,
        );
      return;
    }
    case 'pipe': {
      const pipe = { life, turn, arrived: 0 };
      ledger.pipes.push(pipe);
      ctx.pipeToSelf(world.passes(act.ms), () => ({ type: 'piped', pipe }));
      return;
    }
    case 'spawn': {
      const id = `c${world.nextChild()}`;
      world.meet(
        ctx.spawn(actor(world, id, act.leaf, turn), (failure) => ({ type: 'start_failed', failure, life })),
      );
      mind.children.push(id);
      return;
    }
    case 'stop_child': {
      const id = mind.children.shift();
      const ref = id === undefined ? undefined : world.at(`${life.path}/${id}`);
      if (ref !== undefined) ctx.stopChild(ref);
      return;
    }
    case 'exit': {
      const to = world.pick(act.to);
      ctx.exit(to, act.reason);
      world.does(life, `sends an exit (${act.reason.kind}) to ${to.path}`);
      return;
    }
    case 'stop':
      ctx.stop(act.reason);
      return;
    case 'killed':
      // From outside, in the middle of the turn, which is fenced then.
      world.run.system.exit(ctx.self, kill);
      return;
    case 'crash':
      throw new Error('told to crash');
    case 'slow':
  }
}
