/** The functions that a session has. */
import type {
  ChangeAnswer,
  InterventionRow,
  LettersAnswer,
  Listed,
  MailboxAnswer,
  PlaceRow,
  RedriveAnswer,
  SettingRow,
  TopAnswer,
  TraceEnd,
  TraceEvent,
  WhyAlive,
} from '../../protocols/repl-answers.js';
import type { ReplClient } from '../../runtime/node/repl-client.js';
import { helpText } from './help.js';
import {
  changeLook,
  eventLook,
  interventionsLook,
  lettersLook,
  mailboxLook,
  redriveLook,
  settingsLook,
  topLook,
  traceEndLook,
  treeLook,
  whyLook,
} from './looks.js';
import { shown } from './shown.js';
import type { Paint } from './shown.js';

export interface SessionPorts {
  readonly client: ReplClient;
  /** While a verb streams. Null where only the end is printed. */
  readonly live: ((line: string) => void) | null;
  readonly paint: Paint;
  /** Comes when the person presses Ctrl-C. */
  readonly signal: () => AbortSignal;
}

type Options = Readonly<Record<string, unknown>>;

/** What is called with a wrong kind of argument is answered by the process, which says what it expected. */
export function sessionVerbs({ client, live, paint, signal }: SessionPorts) {
  const ask = async <Answer extends object>(
    verb: string,
    args: Options,
    look: (answer: Answer, paint: Paint) => string,
  ): Promise<Answer> => {
    const answer = (await client.request(verb, defined(args), { signal: signal() })) as Answer;
    return shown(answer, (painted) => look(answer, painted));
  };
  const change = (verb: string, args: Options): Promise<ChangeAnswer> => ask(verb, args, changeLook);
  return {
    tree: (path?: string | Options, options: Options = {}) =>
      ask<Listed<PlaceRow>>('tree', isOptions(path) ? path : { path, ...options }, treeLook),
    inspect: async (path: string) => client.request('inspect', { path }, { signal: signal() }),
    mailbox: (path: string, options: Options = {}) =>
      ask<MailboxAnswer>('mailbox', { path, ...options }, mailboxLook),
    top: (by?: string | Options, options: Options = {}) =>
      ask<TopAnswer>('top', isOptions(by) ? by : { by, ...options }, topLook),
    trace: async (path?: string | Options, options: Options = {}) => {
      const events: TraceEvent[] = [];
      const args = defined(isOptions(path) ? path : { path, ...options });
      const onEvent = (event: unknown): void => {
        const traced = event as TraceEvent;
        events.push(traced);
        live?.(eventLook(traced, paint));
      };
      const end = (await client.request('trace', args, { signal: signal(), onEvent })) as TraceEnd;
      const answer = { ...end, rows: events };
      return shown(answer, (painted) =>
        [
          ...(live === null ? events.map((event) => eventLook(event, painted)) : []),
          traceEndLook(end, painted),
        ].join('\n'),
      );
    },
    deadLetters: (filter: Options = {}) => ask<LettersAnswer>('dead_letters', filter, lettersLook),
    whyAlive: () => ask<WhyAlive>('why_alive', {}, whyLook),
    settings: () => ask<readonly SettingRow[]>('settings', {}, settingsLook),
    interventions: (options: Options = {}) =>
      ask<readonly InterventionRow[]>('interventions', options, interventionsLook),
    redrive: (which: unknown, options: Options = {}) => {
      if (!isOptions(which) && typeof which !== 'string' && typeof which !== 'number')
        throw new TypeError("redrive: expected an id, or a filter such as {reason: 'crashed'}; {} means all");
      return ask<RedriveAnswer>(
        'redrive',
        { ...(isOptions(which) ? which : { id: which }), ...options },
        redriveLook,
      );
    },
    kill: (path: string) => change('kill', { path }),
    suspend: (path: string) => change('suspend', { path }),
    resume: (path: string) => change('resume', { path }),
    set: (key: string, value: unknown) => change('set', { key, value }),
    help: (topic?: string | ((...args: never[]) => unknown)) => {
      const name = typeof topic === 'function' ? topic.name : topic;
      return shown({ topic: name ?? null }, (painted) => helpText(name, client.hello.write, painted));
    },
  };
}

export type SessionVerbs = ReturnType<typeof sessionVerbs>;

const isOptions = (value: unknown): value is Options =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const defined = (args: Options): Options =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
