import { createHash } from 'node:crypto';

/** Names a candle file by what it holds: SHA-256 of its bytes, 64 hex digits. */
export const contentHash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
