/** How large the files are, and what fills them. Reads only. */
import { statSync } from 'node:fs';
import { openCurrent } from '../reader/read-only.js';
import type { StoreKind } from '../migrations/index.js';
import { storesOf } from './store-files.js';
import type { StoreFiles } from './store-files.js';

export interface TableStats {
  readonly table: string;
  readonly rows: number;
  /** With its indexes. */
  readonly bytes: number;
}

export interface StoreStats {
  readonly store: StoreKind;
  readonly file: string;
  readonly schemaVersion: number;
  readonly fileBytes: number;
  /** Committed and not yet moved into the file; 0 when there is no such file. */
  readonly walBytes: number;
  readonly pageBytes: number;
  readonly pages: number;
  /** Pages that hold nothing: what a vacuum would give back. */
  readonly freePages: number;
  /** Largest first. */
  readonly tables: readonly TableStats[];
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** @throws StorageError `cannot_open` | `schema_newer` | `corrupt` | `busy` */
export const statsOf = (files: StoreFiles): readonly StoreStats[] =>
  storesOf(files).map(({ kind, file }) => statsOfStore(kind, file));

function statsOfStore(kind: StoreKind, file: string): StoreStats {
  const { connection, opened } = openCurrent(file, kind);
  try {
    const number = (pragma: string): number => Number(connection.pragma(pragma, { simple: true }));
    // dbstat counts a table and its indexes apart; sqlite_schema says whose each is.
    const sizes = connection
      .prepare(
        `SELECT schema.tbl_name AS name, sum(pages.bytes) AS bytes
         FROM (SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name) AS pages
         JOIN sqlite_schema AS schema ON schema.name = pages.name
         GROUP BY schema.tbl_name ORDER BY bytes DESC, schema.tbl_name`,
      )
      .all() as { name: string; bytes: number }[];
    return {
      store: kind,
      file,
      schemaVersion: opened.schemaVersion,
      fileBytes: sizeOf(file),
      walBytes: sizeOf(`${file}-wal`),
      pageBytes: number('page_size'),
      pages: number('page_count'),
      freePages: number('freelist_count'),
      tables: sizes
        .filter(({ name }) => !name.startsWith('sqlite_'))
        .map(({ name, bytes }) => ({
          table: name,
          rows: Number(
            connection
              .prepare(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`)
              .pluck()
              .get(),
          ),
          bytes,
        })),
    };
  } finally {
    connection.close();
  }
}
