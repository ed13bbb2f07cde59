import type { StoreKind } from '../../storage/migrations/index.js';
import { StorageError } from '../../storage/errors.js';
import { openReadOnly } from '../../storage/reader/read-only.js';
import type { Statement } from '../../storage/statement.js';
import { nodeCapabilities } from '../node/capabilities.js';
import { startFailure } from './start-failure.js';

/**
 * One query on a file that nobody serves, without changing anything. It blocks, so it is for commands and for threads that do
 * nothing else.
 * @throws PipelineFailure `locked` | `disk` | `configuration`
 */
export function queryFile<R>(file: string, kind: StoreKind, statement: Statement<R>): readonly R[] {
  try {
    const store = openReadOnly(file, kind, () => nodeCapabilities.clock.nowMs());
    try {
      const outcome = store.query(statement);
      if (!outcome.ok) throw new StorageError(outcome.error);
      return outcome.value.rows;
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof StorageError) throw startFailure(error, 'read the files');
    throw error;
  }
}
