/** The same writer without a thread, on a connection of the caller's: for simulation (in memory) and for tests. */
import type { Connection } from '../database.js';
import type { StatementResult, Transaction, Verb } from '../statement.js';
import type { Outcome } from '../thread/messages.js';
import type { CommitOutcome } from './client.js';
import { GroupCommitter } from './group.js';

export interface InProcessWriter {
  commit(transaction: Transaction): CommitOutcome;
  run<T>(verb: Verb<T>): Outcome<T>;
}

export function inProcessWriter(connection: Connection): InProcessWriter {
  const committer = new GroupCommitter(connection, 'commit', { waitMs: () => undefined, busyMsMax: 0 });
  const send = (transaction: Transaction): Outcome<readonly StatementResult[]> => {
    const [outcome] = committer.commit([(prepared) => prepared.executeAll(transaction.statements)]);
    if (outcome === undefined) throw new Error('the transaction was not answered');
    if (outcome.ok === 'bug') throw outcome.cause;
    return outcome as Outcome<readonly StatementResult[]>;
  };
  return {
    commit: (transaction) => {
      const outcome = send(transaction);
      return outcome.ok ? { ok: true, results: outcome.value } : outcome;
    },
    run: (verb) => {
      const outcome = send(verb);
      return outcome.ok ? { ok: true, value: verb.read(outcome.value) } : outcome;
    },
  };
}
