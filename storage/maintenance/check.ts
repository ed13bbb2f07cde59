/** Whether the files are sound, each by itself and all together. Reads only; a live process may have them open. */
import type { Connection } from '../database.js';
import { openReadOnlyDatabase } from '../database.js';
import { storageErrorFrom } from '../errors.js';
import { schemas } from '../migrations/index.js';
import type { StoreKind } from '../migrations/index.js';
import { requireCurrent } from '../migrations/run.js';
import { selectPromisedTrades } from '../tables/results.js';
import { selectTradeList } from '../tables/trades.js';
import { storesOf } from './store-files.js';
import type { StoreFiles } from './store-files.js';

/** One question that was asked of the files. `problems` is empty when the answer was good. */
export interface Finding {
  readonly store: StoreKind | 'all';
  readonly check: 'opens' | 'schema' | 'integrity' | 'foreign_keys' | 'requests' | 'trades_of_results';
  readonly problems: readonly string[];
  /** How many things were looked at, when that is a number. */
  readonly examined: number | null;
}

/** So many problems of a kind are listed; more are not looked for. */
const problemsMax = 20;

/** Rows that are looked up in one go between two reports of progress. */
const pageSize = 1_000;

/** @param onProgress told before each part, and now and then within the long ones */
export function checkStores(files: StoreFiles, onProgress: (what: string) => void): readonly Finding[] {
  const findings: Finding[] = [];
  const open = new Map<StoreKind, Connection>();
  try {
    for (const { kind, file } of storesOf(files)) {
      onProgress(`${kind}: opening`);
      const connection = opened(kind, file, findings);
      if (connection === null) continue;
      open.set(kind, connection);
      onProgress(`${kind}: integrity`);
      findings.push(integrity(kind, connection), foreignKeys(kind, connection));
    }
    const core = open.get('core');
    const trades = open.get('trades');
    if (core !== undefined) findings.push(requests(core));
    if (core !== undefined && trades !== undefined) findings.push(tradesOfResults(core, trades, onProgress));
  } finally {
    for (const connection of open.values()) connection.close();
  }
  return findings;
}

function opened(kind: StoreKind, file: string, findings: Finding[]): Connection | null {
  const connection = attempt(() => openReadOnlyDatabase(file).connection);
  findings.push({ store: kind, check: 'opens', problems: asProblems(connection), examined: null });
  if (typeof connection === 'string') return null;
  const schema = attempt(() => requireCurrent(connection, schemas[kind], file));
  findings.push({ store: kind, check: 'schema', problems: asProblems(schema), examined: null });
  if (typeof schema !== 'string') return connection;
  connection.close();
  return null;
}

const asProblems = (said: unknown): readonly string[] => (typeof said === 'string' ? [said] : []);

/** SQLite's own reading of every page; a damaged file may make the reading itself fail. */
function integrity(store: StoreKind, connection: Connection): Finding {
  const said = attempt(
    () => connection.pragma(`integrity_check(${problemsMax})`) as { integrity_check: string }[],
  );
  const problems =
    typeof said === 'string'
      ? [said]
      : said.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  return {
    store,
    check: 'integrity',
    problems,
    examined: Number(connection.pragma('page_count', { simple: true })),
  };
}

function foreignKeys(store: StoreKind, connection: Connection): Finding {
  const said = attempt(
    () => connection.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string }[],
  );
  const problems =
    typeof said === 'string'
      ? [said]
      : said
          .slice(0, problemsMax)
          .map(
            ({ table, rowid, parent }) =>
              `${table} row ${rowid ?? '?'} refers to a ${parent} that is not there`,
          );
  return { store, check: 'foreign_keys', problems, examined: null };
}

/** @returns what the disk or the damage said instead, as text */
function attempt<T>(read: () => T): T | string {
  try {
    return read();
  } catch (cause) {
    const data = storageErrorFrom(cause, 'read');
    if (data === undefined) throw cause;
    return data.message;
  }
}

/** Laws between rows that no constraint can hold. */
const requestLaws: readonly { readonly law: string; readonly breaches: string }[] = [
  {
    law: 'a request that succeeded has a result',
    breaches: `SELECT request_id FROM requests WHERE state = 'succeeded'
      AND NOT EXISTS (SELECT 1 FROM results WHERE results.request_id = requests.request_id)`,
  },
  {
    law: 'a result belongs to the attempt that was accepted',
    breaches: `SELECT results.request_id FROM results JOIN requests USING (request_id)
      WHERE requests.accepted_attempt_id IS NOT results.attempt_id`,
  },
  {
    law: 'a request that waits has no open attempt',
    breaches: `SELECT request_id FROM requests WHERE state = 'queued'
      AND EXISTS (SELECT 1 FROM attempts WHERE attempts.request_id = requests.request_id AND ended_wall_ms IS NULL)`,
  },
  {
    law: 'a request that is out has one open attempt',
    breaches: `SELECT request_id FROM requests WHERE state = 'leased'
      AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.request_id = requests.request_id AND ended_wall_ms IS NULL)`,
  },
  {
    law: 'a rank has the verdict that gave it',
    breaches: `SELECT strategy_id AS request_id FROM ranks
      WHERE NOT EXISTS (SELECT 1 FROM rank_verdicts WHERE rank_verdicts.verdict_id = ranks.verdict_id)`,
  },
];

function requests(core: Connection): Finding {
  const said = attempt(() =>
    requestLaws.flatMap(({ law, breaches }) =>
      (core.prepare(`${breaches} LIMIT ${problemsMax}`).all() as { request_id: string }[]).map(
        ({ request_id: id }) => `${law}: not so for ${id}`,
      ),
    ),
  );
  const examined = attempt(() => Number(core.prepare('SELECT count(*) FROM requests').pluck().get()));
  return {
    store: 'core',
    check: 'requests',
    problems: typeof said === 'string' ? [said] : said,
    examined: typeof examined === 'string' ? null : examined,
  };
}

/** A result that promises a trade list: the list is there, with the same count and hash. */
function tradesOfResults(core: Connection, trades: Connection, onProgress: (what: string) => void): Finding {
  const problems: string[] = [];
  let examined = 0;
  let after = '';
  const look = (): void => {
    const first = selectPromisedTrades({ after: '', limit: pageSize });
    const promised = core.prepare(first.sql);
    const list = trades.prepare(selectTradeList({ attemptId: '' }).sql);
    for (;;) {
      const page = promised.all(...selectPromisedTrades({ after, limit: pageSize }).params) as {
        attempt_id: string;
        trades_count: number;
        trades_hash: string;
      }[];
      for (const { attempt_id: id, trades_count: count, trades_hash: hash } of page) {
        const found = list.get(...selectTradeList({ attemptId: id }).params) as
          { count: number; sha256: string } | undefined;
        if (found === undefined) problems.push(`attempt ${id}: ${count} trades are promised, none are there`);
        else if (found.count !== count || found.sha256 !== hash)
          problems.push(
            `attempt ${id}: ${count} trades with one hash are promised, ${found.count} with another are there`,
          );
      }
      examined += page.length;
      const last = page.at(-1);
      if (last === undefined || problems.length >= problemsMax) return;
      after = last.attempt_id;
      onProgress(`trades of results: ${examined}`);
    }
  };
  const said = attempt(look);
  if (typeof said === 'string') problems.push(said);
  return { store: 'all', check: 'trades_of_results', problems: problems.slice(0, problemsMax), examined };
}
