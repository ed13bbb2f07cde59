import type { Command } from 'commander';
import type { Finding, StoreStats } from '../runtime/pipeline/maintenance.js';
import { nodeCapabilities } from '../runtime/node/capabilities.js';
import { defaultFile } from '../runtime/node/paths.js';
import { exitCodes } from './exit-codes.js';
import { painter, print, printJson, table } from './output.js';

interface Flags {
  readonly db: string;
  readonly json: boolean;
}

const help = `
A database is FILE with FILE.trades, FILE.dead-letters, FILE.spool.jsonl and FILE.windows beside it.
check, stats and backup work while a process has it open; restore and vacuum want it alone.

Examples:
  holdfast db check --db research/2026.db
  holdfast db stats
  holdfast db backup backups/2026-11-21
  holdfast db restore backups/2026-11-21 --db research/again.db
  holdfast db vacuum
`;

export function addDb(program: Command): void {
  const db = program.command('db').description('Look after the database files.').addHelpText('after', help);
  const on = (name: string, description: string): Command =>
    db
      .command(name)
      .description(description)
      .option('--db <file>', 'the database', defaultFile)
      .option('--json', 'as JSON', false)
      .addHelpText('after', help);
  on(
    'check',
    'Read every page and compare the files with each other; exit code 1 when something is wrong.',
  ).action(check);
  on('stats', 'Sizes, tables and what a vacuum would give back.').action(stats);
  on('backup', 'Copy everything into a new folder, also while a process is running.')
    .argument('<folder>', 'a folder that is not there yet')
    .action(backup);
  on('restore', 'Put a backup back; nothing may be running on the database.')
    .argument('<folder>', 'what backup made')
    .option('--force', 'move aside what is there', false)
    .action(restoreFrom);
  on('vacuum', 'Rewrite the files without their empty pages; nothing may be running on the database.').action(
    vacuum,
  );
}

/** Progress on a terminal only: one line that is written over. */
function watch(): { readonly say: (what: string) => void; readonly end: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { say: () => undefined, end: () => undefined };
  return { say: (what) => stderr.write(`\r\u001b[K${what}`), end: () => stderr.write('\r\u001b[K') };
}

const percent = (what: string, share: number): string => `${what} ${Math.round(100 * share)} %`;

async function check({ db, json }: Flags): Promise<void> {
  const { checkFiles } = await import('../runtime/pipeline/maintenance.js');
  const progress = watch();
  const findings = await checkFiles(db, progress.say);
  progress.end();
  const sound = findings.every(({ problems }) => problems.length === 0);
  await (json ? printJson({ sound, findings }) : print(checkText(findings, sound)));
  if (!sound) process.exitCode = exitCodes.failed;
}

function checkText(findings: readonly Finding[], sound: boolean): string {
  const paint = painter(process.stdout);
  const rows = findings.map(({ store, check: what, problems, examined }) => [
    problems.length === 0 ? 'ok' : 'WRONG',
    store,
    what.replaceAll('_', ' '),
    problems.length > 0 ? problems.join('; ') : examined === null ? '' : `${examined} looked at`,
  ]);
  const lines = table(rows)
    .split('\n')
    .map((line) => (line.startsWith('WRONG') ? paint('red', line) : line));
  return `${lines.join('\n')}\n${sound ? paint('green', 'sound') : paint('red', 'NOT sound: restore a backup, or move the files away and run again')}`;
}

async function stats({ db, json }: Flags): Promise<void> {
  const { statsOfFiles } = await import('../runtime/pipeline/maintenance.js');
  const stores = await statsOfFiles(db);
  await (json ? printJson(stores) : print(stores.map(statsText).join('\n\n')));
}

const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(2)} GB`
    : bytes >= 1e6
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e3).toFixed(1)} kB`;

function statsText(store: StoreStats): string {
  const { fileBytes, walBytes, freePages, pageBytes, schemaVersion } = store;
  const title = painter(process.stdout)('bold', `${store.store}  ${store.file}`);
  const sizes = `${size(fileBytes)}, WAL ${size(walBytes)}, empty ${size(freePages * pageBytes)}, schema ${schemaVersion}`;
  return `${title}\n${sizes}\n${table(store.tables.map(({ table: name, rows, bytes }) => [`  ${name}`, `${rows} rows`, size(bytes)]))}`;
}

async function backup(folder: string, { db, json }: Flags): Promise<void> {
  const { backUp } = await import('../runtime/pipeline/backup.js');
  const progress = watch();
  try {
    const manifest = await backUp(db, folder, nodeCapabilities.clock.wallMs(), (what, share) =>
      progress.say(percent(what, share)),
    );
    progress.end();
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    await (json
      ? printJson(manifest)
      : print(`${folder}: ${manifest.files.length} files, ${size(bytes)}, read through`));
  } finally {
    progress.end();
  }
}

async function restoreFrom(
  folder: string,
  { db, json, force }: Flags & { readonly force: boolean },
): Promise<void> {
  const { restore } = await import('../runtime/pipeline/backup.js');
  const progress = watch();
  try {
    const { manifest, movedAside } = await restore(folder, db, {
      force,
      wallMs: nodeCapabilities.clock.wallMs(),
      onProgress: (what, share) => progress.say(percent(what, share)),
    });
    progress.end();
    const made = new Date(manifest.madeWallMs).toISOString();
    const aside = movedAside.length === 0 ? '' : `; moved aside: ${movedAside.join(', ')}`;
    await (json ? printJson({ manifest, movedAside }) : print(`${db}: as it was at ${made}${aside}`));
  } finally {
    progress.end();
  }
}

async function vacuum({ db, json }: Flags): Promise<void> {
  const { packFiles } = await import('../runtime/pipeline/maintenance.js');
  const progress = watch();
  try {
    const packed = await packFiles(db, progress.say);
    progress.end();
    const rows = packed.map(({ store, bytesBefore, bytesAfter }) => [
      store,
      `${size(bytesBefore)} -> ${size(bytesAfter)}`,
    ]);
    await (json ? printJson(packed) : print(table(rows)));
  } finally {
    progress.end();
  }
}
