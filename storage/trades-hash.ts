/** The content hash of a trade list: what the receipt, the result and the reconcile compare. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';

/** Little endian on every machine, so that files can move. */
function littleEndian(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap64();
}

/** SHA-256, hex, over all exit times and then all PnLs, as 64-bit floats in little endian. */
export function tradesHash(exitS: Float64Array, pnl: Float64Array): string {
  return createHash('sha256').update(littleEndian(exitS)).update(littleEndian(pnl)).digest('hex');
}
