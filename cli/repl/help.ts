/** The help that teaches: what to call, with examples that can be copied. */
import type { Paint } from './shown.js';

interface Topic {
  readonly call: string;
  readonly short: string;
  readonly text: string;
  readonly write?: true;
}

export const topics: Readonly<Record<string, Topic>> = {
  tree: {
    call: 'tree(path?, {depth, limit})',
    short: 'every place with its status, mail and last error',
    text: `Shows places parents first. "life" counts incarnations: 1 is the first. "waiting" is the mailbox.

  tree()                              all of it, up to 500 places
  tree('root/core', {depth: 1})       one level below core
  (await tree()).rows.filter(p => p.restarts > 0)     what has been restarted`,
  },
  inspect: {
    call: 'inspect(path)',
    short: 'everything one place shows of itself',
    text: `  inspect('root/core/services/backtest-dispatch/dispatcher')
Tab completes paths. lastError has the stack; turns is the time its turns held the loop.`,
  },
  mailbox: {
    call: 'mailbox(path, {limit})',
    short: 'what waits at a place: types, ages, shortened contents',
    text: `Contents are shortened and secrets masked; nothing is taken out.

  mailbox('root/core/dead-letters/keeper')
  mailbox('root/core/dead-letters/keeper', {limit: 100})`,
  },
  top: {
    call: "top(by?, {path, limit}), by: 'depth' | 'turns' | 'handled' | 'age'",
    short: 'who has the most mail, or the most of the loop',
    text: `The second call in a session has rates over the time since the first.

  top()                 fullest mailboxes first: who cannot keep up
  top('turns')          who holds the loop; "longest turn" names the message
  top('age')            whose oldest message has waited longest
  top('handled', {path: 'root/core', limit: 5})
"in turns" is sampled a hundred times a second, so very small shares may show as nothing.
"slow" counts turns of kernel.slowTurnMs or more; they are also in the log as kernel.slow_turn.`,
  },
  trace: {
    call: 'trace(path?, {events, seconds})',
    short: 'starts, deaths, crashes, dead letters and slow turns as they happen',
    text: `Ends after 100 events or 60 seconds, or with Ctrl-C, whichever is first; up to 1000 and 600.

  trace()                                   everything
  trace('root/core', {seconds: 10})
With -e it prints when it has ended: holdfast repl -e "trace('root', {seconds: 5})"`,
  },
  deadLetters: {
    call: 'deadLetters({id, reason, recipient, type, withinSeconds, limit})',
    short: 'messages that reached nobody, oldest first',
    text: `  deadLetters()
  deadLetters({reason: 'crashed'})
  deadLetters({recipient: 'root/core/services', withinSeconds: 3600, limit: 200})
A letter has an id, and redrive(id) sends it again.`,
  },
  whyAlive: {
    call: 'whyAlive()',
    short: 'during a stop: who has not stopped yet, and since when',
    text: `While nobody has asked the process to stop it shows what there is to stop: counts, and what keeps the event
loop open. During a stop "asked to stop" says since when, and "has" the time the place has for it.`,
  },
  settings: {
    call: 'settings()',
    short: 'what is set, and what set() can change',
    text: `  settings()
Tab completes keys within set('...`,
  },
  interventions: {
    call: 'interventions({limit})',
    short: 'what people changed by hand since the start, newest first',
    text: `Each change is also in the log (manual.intervention) and counted in holdfast_manual_interventions_total.`,
  },
  redrive: {
    call: 'redrive(id | filter, {dryRun, rate, limit})',
    short: 'send dead letters again',
    write: true,
    text: `Oldest first, 10 a second and 100 at most unless you say otherwise; it ends when a mailbox is full.
Look first:

  redrive({reason: 'crashed'}, {dryRun: true})
  redrive({reason: 'crashed'}, {rate: 2})
  redrive(17)
A letter is gone once its recipient has accepted it; should it fail again, it comes back under its id.`,
  },
  kill: {
    call: 'kill(path)',
    short: 'end what lives at a place; its supervisor decides what follows',
    write: true,
    text: `  kill('root/core/services/backtest-dispatch/links/link')
The message in hand is a dead letter, or is tried again; what waits behind it survives the restart.
Each kill counts towards the supervisor's restart intensity: five in a row may take the supervisor with them.`,
  },
  suspend: {
    call: 'suspend(path), resume(path)',
    short: 'let a place take no turns for a while; its mail waits',
    write: true,
    text: `  suspend('root/core/services/backtest-dispatch/dispatcher')
  mailbox('root/core/services/backtest-dispatch/dispatcher')
  resume('root/core/services/backtest-dispatch/dispatcher')
A mailbox that is full refuses more: do not forget to resume. A restart also ends it.`,
  },
  set: {
    call: 'set(key, value)',
    short: 'change a setting while everything runs',
    write: true,
    text: `  settings()
  set('dispatch.paused', true)          nothing new is sent; what is out is still answered
  set('kernel.slowTurnMs', 100)
Settings of the dispatch are stored, and stay over a restart.`,
  },
};

const aliases: Readonly<Record<string, string>> = { resume: 'suspend', dead_letters: 'deadLetters' };

export function helpText(topic: string | undefined, canWrite: boolean, paint: Paint): string {
  if (topic !== undefined) {
    const found = topics[aliases[topic] ?? topic];
    if (found === undefined)
      return `no help on ${JSON.stringify(topic)}; there is help on ${Object.keys(topics).join(', ')}`;
    const note =
      found.write === true && !canWrite ? `\n${paint('yellow', 'Needs a session with --write.')}` : '';
    return `${paint('bold', found.call)}\n${found.short}\n\n${found.text}${note}`;
  }
  const width = Math.max(...Object.keys(topics).map((name) => name.length)) + 2;
  const lines = (write: boolean): readonly string[] =>
    Object.entries(topics)
      .filter(([, found]) => (found.write === true) === write)
      .map(([name, found]) => `  ${paint('cyan', name.padEnd(width))}${found.short}`);
  return [
    'This is JavaScript, run here and not in the process you look at. Answers print as tables; they are plain data:',
    "  (await top('turns')).rows[0].path",
    '',
    paint('bold', 'To look'),
    ...lines(false),
    '',
    paint('bold', `To change${canWrite ? '' : ' (needs a session with --write)'}`),
    ...lines(true),
    '',
    "help('top') tells more of one, with examples. Tab completes verbs, paths and keys. _ is the last answer.",
    'Three in the morning: top() for who is stuck, tree() for what restarts, deadLetters() for what was lost,',
    'inspect(path) for the error; then redrive what can be tried again. .exit or Ctrl-D leaves.',
  ].join('\n');
}
