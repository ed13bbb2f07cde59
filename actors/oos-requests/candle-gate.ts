/**
 * Lets candle files in or refuses them, and keeps each verdict with the version it is of. A file whose size and time of
 * change are the same is not read again; a refusal is told in the transaction that records it.
 */
import { child } from '../kernel/actor-spec.js';
import type { Ctx, ReplyTo, Settled } from '../kernel/behavior.js';
import type { ChildSpec } from '../kernel/child-spec.js';
import { dbAnswer } from '../../protocols/db-answer.js';
import type { DbAnswer, DbRefusal } from '../../protocols/db-answer.js';
import type { GateVerdict } from '../../protocols/db-oos.js';
import type { CandleFile } from '../../protocols/db-rows.js';
import { names as db } from '../../protocols/db-writes.js';
import { describeError } from '../../protocols/exit-reason.js';
import type { Name } from '../../protocols/name.js';
import { names } from '../../protocols/oos-requests.js';
import type { CandleGateMsg, GatedFile } from '../../protocols/oos-requests.js';
import { refusalNotice, refusalOf } from './candle-refusal.js';
import type { CandleChecks, Checked, CheckedCandles, FileStamp } from './ports.js';

export const defaults = { askMs: 60_000, knownMax: 10_000, pendingMax: 256 } as const;

export interface GateArgs {
  readonly checks: CandleChecks;
  readonly askMs: number;
  /** Verdicts kept in memory; the oldest go first, and their files are read again. */
  readonly knownMax: number;
  readonly pendingMax: number;
}

type Look = Extract<CandleGateMsg, { readonly type: 'check_file' }>;
type To = ReplyTo<DbAnswer<GatedFile>>;

interface Known {
  readonly stamp: FileStamp;
  readonly file: GatedFile;
}

interface Seen {
  readonly before: FileStamp | null;
  readonly after: FileStamp | null;
  /** Null when the stamp is that of a known verdict. */
  readonly checked: Checked | null;
}

type Msg =
  | CandleGateMsg
  | { readonly type: 'seen'; readonly look: Look; readonly to: To; readonly settled: Settled<Seen> }
  | {
      readonly type: 'recorded';
      readonly look: Look;
      readonly to: To;
      readonly stamp: FileStamp | null;
      readonly file: GatedFile;
      readonly answer: DbAnswer<null>;
    };

interface State {
  readonly args: GateArgs;
  readonly known: ReadonlyMap<string, Known>;
  readonly pending: number;
  readonly checked: number;
  readonly unchanged: number;
  readonly turnedBad: number;
}

export const init = (args: GateArgs): State => ({
  args,
  known: new Map(),
  pending: 0,
  checked: 0,
  unchanged: 0,
  turnedBad: 0,
});

export function handle(state: State, message: Msg, ctx: Ctx<Msg>): State {
  switch (message.type) {
    case 'check_file':
      return look(state, message, ctx);
    case 'seen':
      return seen(state, message, ctx);
    case 'recorded':
      return recorded(state, message, ctx);
    case 'gate_standing': {
      const { known, checked, unchanged, turnedBad } = state;
      const accepted = [...known.values()].filter(({ file }) => file.verdict === 'accepted').length;
      const refused = known.size - accepted;
      ctx.reply(message, { known: known.size, accepted, refused, checked, unchanged, turnedBad });
      return state;
    }
  }
}

const keyOf = ({ path, acceptOutliers }: Look): string => `${acceptOutliers ? 1 : 0}:${path}`;

const same = (a: FileStamp | null, b: FileStamp | null): boolean =>
  a !== null &&
  b !== null &&
  a.bytes === b.bytes &&
  a.modifiedWallMs === b.modifiedWallMs &&
  a.changedWallMs === b.changedWallMs;

function look(state: State, message: Look, ctx: Ctx<Msg>): State {
  const { checks, pendingMax } = state.args;
  if (state.pending >= pendingMax) {
    const text = `${state.pending} files are being looked at`;
    ctx.reply(message, { ok: false, code: 'queue_full', message: text, retryable: true });
    return state;
  }
  const to = ctx.deferReply(message);
  const known = state.known.get(keyOf(message))?.stamp ?? null;
  ctx.pipeToSelf(see(checks, message, known), (settled) => ({ type: 'seen', look: message, to, settled }));
  return { ...state, pending: state.pending + 1 };
}

/** Stamped before and after: a file that changes while it is read is not known by either stamp. */
async function see(
  checks: CandleChecks,
  { path, acceptOutliers }: Look,
  known: FileStamp | null,
): Promise<Seen> {
  const before = await checks.stamp(path);
  if (same(before, known)) return { before, after: before, checked: null };
  const checked = await checks.check(path, acceptOutliers);
  return { before, after: await checks.stamp(path), checked };
}

function seen(state: State, { look: asked, to, settled }: Msg & { type: 'seen' }, ctx: Ctx<Msg>): State {
  const end = (answer: DbAnswer<GatedFile>): State => {
    ctx.replyTo(to, answer);
    return { ...state, pending: state.pending - 1 };
  };
  if (!settled.ok) return end(refusal('io_error', describeError(settled.error), true));
  const { before, after, checked } = settled.value;
  if (checked === null) {
    const file = state.known.get(keyOf(asked))?.file;
    // Another look has put it out of memory meanwhile.
    if (file === undefined) return end(refusal('busy', 'the verdict was forgotten', true));
    return { ...end({ ok: true, value: file }), unchanged: state.unchanged + 1 };
  }
  if (!checked.ok) return end(refusal(checked.code, checked.message, checked.retryable));
  const stamp = same(before, after) ? before : null;
  return record(state, asked, to, checked.check, stamp, ctx);
}

function record(
  state: State,
  asked: Look,
  to: To,
  check: CheckedCandles,
  stamp: FileStamp | null,
  ctx: Ctx<Msg>,
): State {
  const refused = refusalOf(check);
  const file = gatedFile(asked.path, check, refused);
  const checkedWallMs = ctx.wallMs();
  const verdict: GateVerdict = {
    path: asked.path,
    acceptOutliers: asked.acceptOutliers ? 1 : 0,
    name: file.name,
    bytes: stamp?.bytes ?? null,
    modifiedWallMs: stamp?.modifiedWallMs ?? null,
    fileId: file.fileId,
    verdict: file.verdict,
    reason: file.reason,
    message: file.message,
    checkedWallMs,
  };
  const before = state.known.get(keyOf(asked))?.file.verdict ?? null;
  const notification = refusalNotice(verdict, before);
  const row = check.fileId === null ? null : rowOf(check, check.fileId, refused, checkedWallMs);
  ctx.ask(
    db.core,
    { type: 'record_gate_verdict', verdict, file: row, notification },
    { deadlineMs: state.args.askMs },
    (outcome) => ({ type: 'recorded', look: asked, to, stamp, file, answer: dbAnswer(outcome) }),
  );
  const turnedBad = before === 'accepted' && file.verdict === 'refused' ? 1 : 0;
  return { ...state, checked: state.checked + 1, turnedBad: state.turnedBad + turnedBad };
}

/** Known only once it is stored: who is refused by the store asks again, and so does the gate. */
function recorded(state: State, message: Msg & { type: 'recorded' }, ctx: Ctx<Msg>): State {
  const { look: asked, to, stamp, file, answer } = message;
  const pending = state.pending - 1;
  ctx.replyTo(to, answer.ok ? { ok: true, value: file } : answer);
  if (!answer.ok) return { ...state, pending };
  const known = new Map(state.known);
  known.delete(keyOf(asked));
  if (stamp !== null) known.set(keyOf(asked), { stamp, file });
  const [oldest] = known.keys();
  if (known.size > state.args.knownMax && oldest !== undefined) known.delete(oldest);
  return { ...state, pending, known };
}

const refusal = (code: string, message: string, retryable: boolean): DbRefusal => ({
  ok: false,
  code,
  message,
  retryable,
});

const gatedFile = (
  path: string,
  { file, fileId, name, first, last }: CheckedCandles,
  refused: ReturnType<typeof refusalOf>,
): GatedFile => ({
  path,
  name: file,
  verdict: refused === null ? 'accepted' : 'refused',
  fileId,
  reason: refused?.reason ?? null,
  message: refused?.message ?? null,
  symbol: refused === null ? (name?.symbol ?? null) : null,
  minutes: refused === null ? (name?.minutes ?? null) : null,
  firstS: refused === null ? first : null,
  lastS: refused === null ? last : null,
});

const rowOf = (
  check: CheckedCandles,
  fileId: string,
  refused: ReturnType<typeof refusalOf>,
  checkedWallMs: number,
): CandleFile => ({
  fileId,
  name: check.file,
  symbol: check.name?.symbol ?? null,
  timeframeMinutes: check.name?.minutes ?? null,
  verdict: refused === null ? 'accepted' : 'refused',
  reason: refused?.reason ?? null,
  message: refused?.message ?? null,
  row: check.row,
  rows: check.rows,
  firstS: check.first,
  lastS: check.last,
  stepS: check.stepSeconds,
  warningsJson: check.warnings.length === 0 ? null : JSON.stringify(check.warnings),
  checkedWallMs,
});

export const candleGate = (args: Pick<GateArgs, 'checks'> & Partial<GateArgs>): ChildSpec<CandleGateMsg> =>
  child<State, Msg, GateArgs>({
    id: 'candle-gate',
    name: names.candleGate as Name<Msg>,
    behavior: { init, handle },
    args: { ...defaults, ...args },
    restart: 'permanent',
    shutdownMs: 5_000,
    mailbox: { capacity: 1_024, overflow: 'reject' },
  });
