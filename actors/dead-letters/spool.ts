/** Owns the spool file: letters as JSON lines, for as long as their store cannot take them. */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import type { Letter } from '../../protocols/dead-letters.js';
import type { DbAnswer } from '../../protocols/db-writes.js';
import type { Name } from '../../protocols/name.js';
import { privateNames } from './messages.js';
import type { SpoolMsg } from './messages.js';
import type { DeadLettersPorts, Spool } from './ports.js';

export const defaults = { spoolBytesMax: 8 * 1024 * 1024 } as const;

export interface SpoolArgs {
  readonly openSpool: DeadLettersPorts['openSpool'];
  /** Beyond it the spool refuses; all of it is read at once when it is imported. */
  readonly spoolBytesMax: number;
}

type Msg =
  | SpoolMsg
  | {
      readonly type: 'done';
      readonly to: ReplyTo<DbAnswer<unknown>>;
      readonly settled: Settled<DbAnswer<unknown>>;
    };

interface State {
  readonly args: SpoolArgs;
  readonly file: Spool;
}

async function init(args: SpoolArgs, ctx: Ctx<Msg>): Promise<State> {
  ctx.trapExits(true);
  return { args, file: await args.openSpool() };
}

/** The keeper asks for one thing at a time, so that nothing here overtakes anything. */
function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  if (message.type === 'done') {
    const { settled, to } = message;
    ctx.replyTo(to, settled.ok ? settled.value : refusal(settled.error));
  } else {
    const to = ctx.deferReply(message) as ReplyTo<DbAnswer<unknown>>;
    ctx.pipeToSelf(perform(state, message), (settled) => ({ type: 'done', to, settled }));
  }
  return state;
}

async function perform({ args, file }: State, message: SpoolMsg): Promise<DbAnswer<unknown>> {
  switch (message.type) {
    case 'append': {
      const text = message.letters.map((letter) => `${JSON.stringify(letter)}\n`).join('');
      if (file.bytes + Buffer.byteLength(text) > args.spoolBytesMax)
        return refused('spool_full', `the spool holds ${file.bytes} of ${args.spoolBytesMax} bytes`);
      // After a line that a crash cut short, a new one must begin at its own start.
      await file.append(file.bytes > 0 && message.letters.length > 0 ? `\n${text}` : text);
      return { ok: true, value: file.bytes };
    }
    case 'read': {
      const text = await file.read();
      return { ok: true, value: { letters: text.split('\n').flatMap(parsed), bytes: file.bytes } };
    }
    case 'clear':
      if (file.bytes === message.bytes) await file.clear();
      return { ok: true, value: file.bytes };
  }
}

/** A line that is not whole was never confirmed. */
function parsed(line: string): readonly Letter[] {
  if (line === '') return [];
  try {
    const letter = JSON.parse(line) as Partial<Letter> | null;
    return typeof letter?.letterId === 'string' ? [letter as Letter] : [];
  } catch {
    return [];
  }
}

const refused = (code: string, message: string): DbAnswer<never> => ({
  ok: false,
  code,
  message,
  retryable: true,
});

/** What a file refuses is weather: full, gone, not permitted. */
function refusal(error: unknown): DbAnswer<never> {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'io_error';
  return refused(code, error instanceof Error ? error.message : String(error));
}

export const spool = (args: Pick<SpoolArgs, 'openSpool'> & Partial<SpoolArgs>): ChildSpec<SpoolMsg> =>
  child<State, Msg, SpoolArgs>({
    id: 'spool',
    name: privateNames.spool as Name<Msg>,
    behavior: { init, handle, terminate: ({ file }) => file.close() },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 64, overflow: 'reject' },
  });
