/**
 * What a run prints and writes: the counts of one job, in a form that other programs may rely on. `docs/summary.md`
 * tells every field. Unknown, or not there yet, is null; never 0.
 */
import { z } from 'zod';

export const summarySchemaName = 'holdfast.summary/1';

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

const requestCounts = z.strictObject({
  submitted: count,
  succeeded: count,
  failed: count,
  deadLettered: count,
  late: count,
  open: count,
});

const percentiles = z.strictObject({
  p50: milliseconds.nullable(),
  p95: milliseconds.nullable(),
  p99: milliseconds.nullable(),
});

/**
 * Law: read = imported + attached + quarantined; submitted = succeeded + failed + deadLettered + open, per kind;
 * created = delivered + expired + deadLettered + collapsed + open.
 */
export const summarySchema = z.strictObject({
  schema: z.literal(summarySchemaName),
  strategies: z.strictObject({
    read: count,
    imported: count,
    attached: count,
    quarantined: count,
    approximated: count,
  }),
  candles: z.strictObject({
    accepted: z.array(z.string()),
    refused: z.array(z.strictObject({ file: z.string(), reason: z.string() })),
  }),
  requests: z.record(z.string(), requestCounts),
  failures: z.record(z.string(), count),
  latencyMs: z.record(z.string(), percentiles),
  ranks: z.record(z.string(), count),
  pairs: z.strictObject({ evaluated: count.nullable(), active: count.nullable() }),
  notifications: z.strictObject({
    created: count.nullable(),
    delivered: count.nullable(),
    expired: count.nullable(),
    deadLettered: count.nullable(),
    collapsed: count.nullable(),
    open: count.nullable(),
  }),
  restarts: count.nullable(),
  deadLetters: count.nullable(),
  loopDelayMs: z.strictObject({ p99: milliseconds.nullable(), max: milliseconds.nullable() }),
  durationMs: milliseconds,
});

export type Summary = z.infer<typeof summarySchema>;
export type RequestCounts = z.infer<typeof requestCounts>;
export type Percentiles = z.infer<typeof percentiles>;
