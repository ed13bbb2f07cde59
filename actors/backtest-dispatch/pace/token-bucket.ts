/**
 * So many a second, whatever the size of the batches. Tokens are fractions on a monotonic clock, so that no rate is lost
 * to rounding; a bucket that nobody draws from fills up to one batch and no further.
 */
export interface TokenBucket {
  readonly tokens: number;
  readonly atMs: number;
}

export interface Rate {
  /** 0: no limit. */
  readonly perS: number;
  /** How many may go at once after a rest. */
  readonly burst: number;
}

export const fullBucket = (nowMs: number, { burst }: Rate): TokenBucket => ({ tokens: burst, atMs: nowMs });

export function refilled(bucket: TokenBucket, nowMs: number, { perS, burst }: Rate): TokenBucket {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  return { tokens: Math.min(burst, bucket.tokens + (passedMs * perS) / 1_000), atMs: nowMs };
}

/** Whole tokens that can be drawn now. */
export const drawable = (bucket: TokenBucket, { perS }: Rate): number =>
  perS === 0 ? Infinity : Math.floor(bucket.tokens + 1e-9);

export const drawn = (bucket: TokenBucket, count: number, { perS }: Rate): TokenBucket =>
  perS === 0 ? bucket : { ...bucket, tokens: bucket.tokens - count };

/** Until the next whole token; 0 when there is one. */
export const waitMs = (bucket: TokenBucket, { perS }: Rate): number =>
  perS === 0 || bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) * 1_000) / perS);
