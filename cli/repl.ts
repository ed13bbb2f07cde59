import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { defaultFile } from '../runtime/node/paths.js';
import { ReplError } from '../runtime/node/repl-client.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { UsageError } from './failure.js';

interface Flags {
  readonly db: string;
  readonly socket?: string;
  readonly write: boolean;
  readonly eval?: string;
  readonly json: boolean;
}

const help = `
Attaches to the live process that serves this database, to look at it and, with --write, to change it. JavaScript runs
here; the process is only asked by name: tree, inspect, mailbox, top, trace, deadLetters, whyAlive, settings, and with
--write redrive, kill, suspend, resume, set. help() in the session teaches them with examples.

Exit codes: 0 ended, 1 the expression failed or was refused, 2 usage, 69 no live process, or it ended.

Examples:
  holdfast repl                                    look at the run of this folder
  holdfast repl --db research/2026.db --write
  holdfast repl -e "top('turns')"
  holdfast repl -e "deadLetters({reason: 'crashed'})" --json
  holdfast repl --write -e "redrive({reason: 'crashed'}, {dryRun: true})"
  holdfast repl --socket app.sock                  a program that calls serveRepl
`;

export function addRepl(program: Command): void {
  program
    .command('repl')
    .description('Look into a live process: its tree, mailboxes, dead letters; and change it with --write.')
    .option('--db <file>', 'the database that the process serves', defaultFile)
    .option('--socket <path>', 'the socket itself, for programs that are no pipeline')
    .option('--write', 'allow what changes something; each change is recorded with your name', false)
    .option('-e, --eval <expression>', 'evaluate this, print the answer, and end')
    .option('--json', 'with -e: the answer as JSON', false)
    .addHelpText('after', help)
    .action(async (flags: Flags) => {
      if (flags.json && flags.eval === undefined)
        throw new UsageError('--json: expected an expression with -e, whose answer it is to print');
      process.exitCode = await repl(flags);
    });
}

async function repl({ db, socket, write, eval: expression, json }: Flags): Promise<number> {
  const { attach } = await import('./repl/find-socket.js');
  const where = socket === undefined ? { db } : { db, socket };
  const client = await attach(where, { user: userName(), write }).catch((error: unknown) => {
    throw error instanceof ReplError ? new PipelineFailure('failed', `repl: ${error.message}`) : error;
  });
  if (expression === undefined) {
    const { converse } = await import('./repl/interactive.js');
    return converse(client);
  }
  const { evaluate } = await import('./repl/script.js');
  try {
    await evaluate(client, { expression, json });
    return 0;
  } finally {
    client.close();
  }
}

/** Whoever runs this in a container may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
