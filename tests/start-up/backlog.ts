/** A core file as a long outage leaves it: so many requests that wait. */
import Database from 'better-sqlite3';
import { openDatabase } from '../../storage/database.js';
import { schemas } from '../../storage/migrations/index.js';
import { migrate } from '../../storage/migrations/run.js';

/** Half of them under way when the process died: nobody has handed their leases back. */
export function makeBacklog(file: string, rows: number, leased: number): void {
  const opened = openDatabase(file).connection;
  migrate(opened, schemas.core, file);
  opened.close();
  const core = new Database(file);
  core.pragma('synchronous = off');
  core.exec(`BEGIN;
    INSERT INTO boots VALUES ('an earlier boot', 1, 1);
    INSERT INTO strategies VALUES ('s', 's', NULL, NULL, NULL, '{}', NULL, 'test', 0, NULL, 't', NULL, 1)`);
  const pad = 'x'.repeat(200);
  core
    .prepare(
      `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :rows)
      INSERT INTO requests (request_id, idempotency_key, kind, strategy_id, priority, payload_version, payload_json,
        state, attempts_max, leases, due_wall_ms, submitted_wall_ms, expires_wall_ms)
      SELECT 'r' || n, 'k' || n, 'backtest', 's', 100, 1, '{"pad":"${pad}"}',
        CASE WHEN n <= :leased THEN 'leased' ELSE 'queued' END, 4, n <= :leased, n, n, :expires FROM n`,
    )
    .run({ rows, leased, expires: Date.now() + 24 * 3_600_000 });
  core
    .prepare(
      `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :leased)
      INSERT INTO attempts SELECT 'a' || n, 'r' || n, 1, 'an earlier boot', 'e', 1, 1, NULL, NULL, NULL, NULL FROM n`,
    )
    .run({ leased });
  core.exec('COMMIT');
  core.pragma('wal_checkpoint(TRUNCATE)');
  core.close();
}
