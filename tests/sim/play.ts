/** Plays a plan once, and says what came of it. */
import { simulate } from '../../runtime/testing/index.js';
import type { LawOf, SimulationOutcome } from '../../runtime/testing/index.js';
import type { Message } from './actor.js';
import { Mail } from './ledger.js';
import {
  backoffs,
  bookkeeping,
  cleanUps,
  downs,
  links,
  names,
  restarts,
  retries,
  supervisorEnds,
  suspension,
  timers,
} from './life-laws.js';
import { asks, conservation, keptMail, order } from './mail-laws.js';
import type { Act, Plan } from './plan.js';
import { World } from './world.js';

/** How large the system was: the actors that ever lived in it, and the messages that were sent. */
export interface Size {
  readonly actors: number;
  readonly sent: number;
}

export async function play(plan: Plan): Promise<SimulationOutcome & Size> {
  const world = new World(plan);
  const laws = [
    bookkeeping,
    conservation,
    order,
    asks,
    keptMail,
    downs,
    links,
    timers,
    suspension,
    names,
    restarts,
    backoffs,
    supervisorEnds,
    cleanUps,
    retries,
  ];
  const outcome = await simulate({
    seed: plan.seed,
    tree: (run) => world.grow(run),
    drive: () => world.drive(),
    laws: laws.map(
      (law): LawOf =>
        () =>
          law(world),
    ),
    faults: { budget: plan.faults },
    describe: (message) => describe(message as Message),
    settleMs: 60_000,
    turnsMax: 20_000,
  });
  return { ...outcome, actors: world.actors, sent: world.ledger.mail.length };
}

function describe(message: Message): string {
  switch (message.type) {
    case 'mail':
      return message instanceof Mail
        ? `${message.name} from ${message.stream} [${message.acts.map(inWords).join(', ')}]`
        : 'mail';
    case 'tick':
      return `a tick of ${message.timer.key}`;
    case 'outcome':
      return `the outcome of its ask ${message.ask.id} of ${message.ask.to}: ${message.outcome.ok ? 'answered' : message.outcome.reason.type}`;
    case 'piped':
      return 'work that came back';
    case 'start_failed':
      return `the failed start of ${message.failure.id}`;
    default:
      // A signal over which a handler crashed, which becomes a letter too.
      return 'a signal';
  }
}

const inWords = (act: Act): string => {
  switch (act.do) {
    case 'slow':
      return `takes ${act.ms} ms ${act.first ? 'first' : 'afterwards'}`;
    case 'stop':
    case 'exit':
      return `${act.do} ${act.reason.kind}`;
    case 'timer':
      return `timer t${act.key} ${act.repeat} ${act.ms} ms`;
    default:
      return act.do;
  }
};
