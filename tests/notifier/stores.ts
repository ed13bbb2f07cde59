/** The stores as the notifier meets them: actors under their names, on one SQLite in memory that outlives every tree. */
import { coreVerb } from '../../actors/db-writes/core-verbs.js';
import type { CoreVerb } from '../../actors/db-writes/core-verbs.js';
import { readNotifications } from '../../actors/db-writes/notifier-queries.js';
import type { DbAnswer } from '../../protocols/db-answer.js';
import type { NotifierReaderMsg } from '../../protocols/db-notifier.js';
import { names as db } from '../../protocols/db-writes.js';
import { names as letters } from '../../protocols/dead-letters.js';
import type { DeadLettersMsg, Letter } from '../../protocols/dead-letters.js';
import { child, supervisor, type ChildSpec } from '../../runtime/index.js';
import type { Reader } from '../../storage/reader/client.js';
import type { Statement } from '../../storage/statement.js';
import { Store } from '../storage/core-store.js';

/** What a store may do with a question beside answering it. */
export type StoreFault = 'refuse' | 'lose_question' | 'lose_answer' | null;

const busy: DbAnswer<never> = { ok: false, code: 'busy', message: 'busy', retryable: true };

export class PlayedStores {
  readonly store = new Store('core');
  readonly letters: Letter[] = [];
  fault: () => StoreFault = () => null;

  constructor(file?: string) {
    if (file !== undefined) this.store = new Store('core', file);
  }

  #reader: Pick<Reader, 'query'> = {
    query: (statement) => {
      const rows = this.store.all(statement as Statement<never>);
      return Promise.resolve({ ok: true, value: { rows, truncated: false } }) as never;
    },
  };

  /** What a person would see in the rows. */
  rows(sql: string): readonly Record<string, unknown>[] {
    return this.store.connection.prepare(sql).all() as Record<string, unknown>[];
  }

  states(): Record<string, string> {
    const found = this.rows('SELECT notification_id, state FROM outbox ORDER BY seq');
    return Object.fromEntries(found.map((row) => [row['notification_id'], row['state']])) as never;
  }

  /** Children in the order of their starts, with what is under test behind them. */
  tree(...under: ChildSpec[]): ChildSpec {
    return supervisor('root', { strategy: 'one_for_one', intensity: 0, periodMs: 1_000 }, [
      this.#core(),
      this.#readers(),
      this.#deadLetters(),
      ...under,
    ]);
  }

  #core(): ChildSpec {
    return child({
      id: 'core',
      name: db.core,
      behavior: {
        init: () => null,
        handle: (state: null, message: CoreVerb, ctx): null => {
          const fault = this.fault();
          if (fault === 'refuse') ctx.reply(message, busy);
          if (fault === 'refuse' || fault === 'lose_question') return state;
          const outcome = this.store.try(coreVerb(message));
          if (!outcome.ok) throw new Error(outcome.error.message);
          if (fault !== 'lose_answer') ctx.reply(message, outcome as never);
          return state;
        },
      },
      args: null,
      mailbox: { capacity: 1_000 },
    });
  }

  #readers(): ChildSpec {
    return child({
      id: 'reader',
      name: db.reader,
      behavior: {
        init: () => null,
        handle: async (state: null, message: NotifierReaderMsg, ctx): Promise<null> => {
          const answer = await readNotifications(this.#reader as Reader, message);
          ctx.reply(message, answer as never);
          return state;
        },
      },
      args: null,
      mailbox: { capacity: 1_000 },
    });
  }

  #deadLetters(): ChildSpec {
    return child({
      id: 'dead-letters',
      name: letters.deadLetters,
      behavior: {
        init: () => null,
        handle: (state: null, message: DeadLettersMsg): null => {
          if (message.type === 'keep') this.letters.push(...message.letters);
          return state;
        },
      },
      args: null,
      mailbox: { capacity: 1_000 },
    });
  }
}
