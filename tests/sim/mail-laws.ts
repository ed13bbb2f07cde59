/** What becomes of messages: each has one end, in the order in which it was sent, and none comes out of nothing. */
import type { DeadLetter } from '../../runtime/index.js';
import { Actor } from '../../actors/kernel/actor.js';
import { KeyedEntry } from '../../actors/kernel/keyed-entry.js';
import type { Process } from '../../actors/kernel/process.js';
import type { Law } from '../../runtime/testing/index.js';
import { Mail, processOf } from './ledger.js';
import type { World } from './world.js';

export const conservation = (world: World): Law => ({
  name: 'each message has exactly one end',
  event(event) {
    if (event.type !== 'dead_letter' || !(event.letter.message instanceof Mail)) return undefined;
    const { letter } = event;
    const mail = letter.message as Mail;
    const end = `letter ${letter.reason}`;
    if (mail.end !== undefined)
      return `${letter.recipient}: ${mail.name} is a dead letter (${letter.reason}) after its end (${mail.end})`;
    if (!mail.counts)
      return `${letter.recipient}: ${mail.name} is a dead letter, and its sender's turn at ${mail.turn?.life.path ?? ''} left nothing`;
    mail.end = end;
    return isTrue(world, letter, mail);
  },
  turnBegan({ life, message }) {
    if (!(message instanceof Mail)) return undefined;
    const { name, to, end, turn } = message;
    if (message.process !== life.process) return `${life.path} is given ${name}, which was for ${to}`;
    if (end !== undefined) return `${life.path} is given ${name} after its end (${end})`;
    if (!message.counts)
      return `${life.path} is given ${name}, told by ${turn?.life.path ?? ''} in a turn that left nothing`;
    message.begun++;
    if (!(life.process instanceof Actor)) return undefined;
    const { definition } = life.process;
    if (message.begun > definition.attempts)
      return `${life.path} is given ${name} for attempt ${message.begun} of ${definition.attempts}`;
    if (message.begun > 1 && message.ask !== undefined)
      return `${life.path} is given ${name} again, and who asked was told of its failure`;
    const { nowMs } = world.run.host;
    if (message.expiresAtMs !== undefined && nowMs >= message.expiresAtMs)
      return `${life.path} is given ${name} at ${nowMs} ms, which was good until ${message.expiresAtMs}`;
    return undefined;
  },
  turnEnded(turn) {
    const { message, outcome, life } = turn;
    if (!(message instanceof Mail) || outcome !== 'returned') return undefined;
    if (message.end !== undefined)
      return `${life.path} has handled ${message.name}, whose end was already ${message.end}`;
    message.end = 'handled';
    return undefined;
  },
  atRest() {
    const waiting = new Map<Mail, number>();
    for (const process of world.run.processes())
      for (const mail of mailIn(process)) waiting.set(mail, (waiting.get(mail) ?? 0) + 1);
    for (const mail of world.ledger.mail) {
      const copies = waiting.get(mail) ?? 0;
      const known = mail.end !== undefined || !mail.counts || wasRefused(mail);
      if (copies !== (known ? 0 : 1))
        return `${mail.to}: ${mail.name} (${mail.end ?? 'no end yet'}) waits in ${copies} places at the end; it was begun ${mail.begun} times`;
    }
    return undefined;
  },
  stopped() {
    const lost = world.ledger.mail.find((mail) => mail.end === undefined && mail.counts && !wasRefused(mail));
    return lost === undefined
      ? undefined
      : `${lost.to}: ${lost.name} was accepted and is lost; it was begun ${lost.begun} times`;
  },
});

/** An ask that is not even accepted makes no letter: who asked has been told. */
function wasRefused({ ask, begun }: Mail): boolean {
  if (ask === undefined || begun > 0) return false;
  const [outcome] = ask.outcomes;
  if (outcome === undefined) return ask.life?.ended === true;
  return (
    !outcome.ok && ['noproc', 'mailbox_full', 'calling_self', 'too_many_asks'].includes(outcome.reason.type)
  );
}

export function* mailIn(process: Process): Generator<Mail> {
  if (!(process instanceof Actor)) return;
  for (const { message, companion } of process.mailbox?.peek(1_000) ?? []) {
    const inner = companion instanceof KeyedEntry ? companion.message : message;
    if (inner instanceof Mail) yield inner;
  }
}

/** A reason is what happened, not a guess. */
function isTrue(
  world: World,
  { reason, recipient, attempts, errors }: DeadLetter,
  mail: Mail,
): string | undefined {
  const ref = world.at(recipient);
  const process = ref === undefined ? undefined : processOf(ref);
  const said = `${recipient}: ${mail.name} is a dead letter for being ${reason}`;
  if (reason === 'crashed' ? mail.begun === 0 : mail.begun > attempts)
    return `${said}, begun ${mail.begun} times with ${attempts} failures told`;
  if (errors.length !== attempts) return `${said}, with ${errors.length} errors of ${attempts} attempts`;
  if (!(process instanceof Actor)) return undefined;
  const { definition } = process;
  switch (reason) {
    case 'dropped_oldest':
    case 'dropped_newest':
      return `dropp${definition.overflow.slice(4)}`.replace('dropp', 'dropped') === reason
        ? undefined
        : `${said}, and its mailbox does not do that`;
    case 'conflated':
      return definition.overflow === 'conflate' ? undefined : `${said}, and its mailbox does not do that`;
    case 'mailbox_full':
      return mail.turn === undefined ? `${said}, and its sender outside was told` : undefined;
    case 'expired':
      return mail.expiresAtMs === undefined && definition.expiryMs === undefined
        ? `${said}, and nothing expires there`
        : undefined;
    case 'ask_failed':
      return mail.ask === undefined ? `${said}, and nobody had asked` : undefined;
    default:
      return undefined;
  }
}

/** What conflates takes the place of an older message, so that only those with its key keep their order. */
export const order = (): Law => {
  const last = new Map<string, Mail>();
  return {
    name: 'messages of one sender arrive in order',
    turnBegan({ life, message }) {
      if (!(message instanceof Mail) || !(life.process instanceof Actor)) return undefined;
      const { overflow } = life.process.definition;
      const stream = `${message.stream} ${message.to} ${overflow === 'conflate' ? message.key : ''}`;
      const before = last.get(stream);
      last.set(stream, message);
      if (before === undefined || before.id <= message.id) return undefined;
      return `${life.path} is given ${message.name} after ${before.name}, and ${message.stream} sent them the other way round`;
    },
  };
};

export const asks = (world: World): Law => ({
  name: 'an ask has one outcome',
  atRest() {
    for (const { outcomes, life, turn, to, id } of world.ledger.asks) {
      if (turn?.isVoid === true || life?.ended === true) continue;
      if (outcomes.length !== 1)
        return `${life?.path ?? 'somebody outside'} has ${outcomes.length} outcomes of its ask ${id} of ${to}`;
    }
    return undefined;
  },
});

/** Mail behind a crash waits for the next incarnation, unless somebody ended the child or the life of its supervisor. */
export const keptMail = (world: World): Law => {
  const lost = new Map<string, { mail: Mail; parent: Process; life: number }>();
  /** Those that answered ignore and are down for it: what reaches them is lost, also for the next start. */
  const down = new Set<string>();
  return {
    name: 'mail survives an automatic restart',
    event(event) {
      if (event.type === 'dead_letter') {
        const { letter } = event;
        if (letter.reason !== 'stopped' || !(letter.message instanceof Mail) || letter.message.begun > 0)
          return undefined;
        const { process } = letter.message;
        const { parent } = process;
        if (
          !(process instanceof Actor) ||
          parent === undefined ||
          down.has(letter.recipient) ||
          process.status === 'gone' ||
          parent.status !== 'running'
        )
          return undefined;
        const keeps =
          process.definition.onRestart === 'keep' &&
          process.definition.restart === 'permanent' &&
          parent.spec.type === 'supervisor';
        if (keeps) lost.set(letter.recipient, { mail: letter.message, parent, life: parent.incarnation });
        return undefined;
      }
      if (event.type === 'start_ignored') down.add(event.path);
      if (event.type !== 'started') return undefined;
      down.delete(event.path);
      const gone = lost.get(event.path);
      lost.delete(event.path);
      if (
        gone === undefined ||
        gone.mail.process !== find(world, event.path) ||
        gone.parent.incarnation !== gone.life ||
        world.administered.has(gone.parent.path)
      )
        return undefined;
      return `${event.path} was restarted by itself, and ${gone.mail.name}, which waited, is a dead letter`;
    },
  };
};

export function find(world: World, path: string): Process | undefined {
  const ref = world.at(path);
  return ref === undefined ? undefined : processOf(ref);
}
