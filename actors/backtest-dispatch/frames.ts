/** A leased request as the frame that asks for it, under the attempt's id. */
import { z } from 'zod';
import { payloadVersion } from '../../protocols/backtest-dispatch.js';
import type { BacktestPayload } from '../../protocols/backtest-dispatch.js';
import { encodeBacktestRequest } from '../../protocols/backtest-wire/index.js';
import type { LeasedRequest } from '../../protocols/db-rows.js';
import { SexpWriteError } from '../../protocols/sexp/index.js';

const number = z.number();
const payload = z.object({
  strategy: z.object({
    name: z.string(),
    smaShort: number,
    smaLong: number,
    sl: number,
    tp: number,
    volume: number,
    indicatorType: z.string(),
    filterEnabled: z.boolean().optional(),
    filterTf: z.string().optional(),
    filterPeriod: number.optional(),
    filterLogic: z.string().optional(),
    bandMult: number.optional(),
    atrPeriod: number.optional(),
    atrBarrierSl: number.optional(),
    atrBarrierTp: number.optional(),
  }),
  symbol: z.string().optional(),
  timeframeMinutes: number,
  candlesFile: z.string().min(1),
  swapHistory: z.array(z.object({ fromS: number, long: number, short: number })).optional(),
  includeTrades: z.boolean(),
  dataId: z.string().optional(),
  startTimeS: number.optional(),
  endTimeS: number.optional(),
  phase: z.string().optional(),
  rangeId: z.string().optional(),
}) satisfies z.ZodType<BacktestPayload>;

export type Framed =
  { readonly ok: true; readonly frame: string } | { readonly ok: false; readonly problem: string };

/** A stored payload may be another version's: what cannot be sent is an answer, not a crash. */
export function frameOf({ attemptId, kind, payloadVersion: version, payloadJson }: LeasedRequest): Framed {
  // A plain backtest of the same bars would be taken for what it is not.
  if (kind === 'cpcv') return { ok: false, problem: 'no backend here answers cross-validation (cpcv)' };
  if (version !== payloadVersion)
    return { ok: false, problem: `expected payload version ${payloadVersion}, found ${version}` };
  const read = parse(payloadJson);
  const parsed = payload.safeParse(read);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      ok: false,
      problem: `payload: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not readable'}`,
    };
  }
  try {
    return { ok: true, frame: encodeBacktestRequest({ ...parsed.data, requestId: attemptId }) };
  } catch (error) {
    if (!(error instanceof SexpWriteError)) throw error;
    return { ok: false, problem: error.message };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
