/**
 * What a disk may hold when the power goes: everything that was synced, and of the rest any part in any order, torn at
 * its sectors. Records are those of recorder.c.
 */
export type Operation =
  | { readonly type: 'write'; readonly path: string; readonly at: number; readonly data: Buffer }
  | { readonly type: 'truncate'; readonly path: string; readonly length: number }
  | { readonly type: 'sync' | 'unlink'; readonly path: string };

export function parseRecords(bytes: Buffer): readonly Operation[] {
  const operations: Operation[] = [];
  for (let at = 0; at < bytes.length;) {
    const kind = bytes.readInt32LE(at);
    const pathEnd = at + 24 + bytes.readInt32LE(at + 4);
    const offset = Number(bytes.readBigInt64LE(at + 8));
    const end = pathEnd + Number(bytes.readBigInt64LE(at + 16));
    const path = bytes.toString('utf8', at + 24, pathEnd);
    if (kind === 1) operations.push({ type: 'write', path, at: offset, data: bytes.subarray(pathEnd, end) });
    else if (kind === 2) operations.push({ type: 'truncate', path, length: offset });
    else operations.push({ type: kind === 3 ? 'sync' : 'unlink', path });
    at = end;
  }
  return operations;
}

/** Shares of what was not synced; a sector is written whole or not. */
export type Survivors = 'none' | 'all' | 'first_part' | 'any_part' | 'any_sectors';

const sectorBytes = 512;

/** @returns a number from 0 up to 1 */
export type Random = () => number;

/** One file as the disk has it and as the cache wants it. */
class DiskFile {
  #safe = Buffer.alloc(0);
  #waiting: Operation[] = [];

  do(operation: Operation): void {
    if (operation.type !== 'sync') this.#waiting.push(operation);
    else this.#safe = this.#after('all', () => 0);
    if (operation.type === 'sync') this.#waiting = [];
  }

  /** @returns its content after a cut */
  after(survivors: Survivors, random: Random): Buffer<ArrayBuffer> {
    return this.#after(survivors, random);
  }

  #after(survivors: Survivors, random: Random): Buffer<ArrayBuffer> {
    const kept = Math.floor(random() * (this.#waiting.length + 1));
    let content = Buffer.from(this.#safe);
    for (const [index, operation] of this.#waiting.entries()) {
      if (survivors === 'none' || (survivors === 'first_part' && index >= kept)) break;
      if (survivors === 'any_part' && random() < 0.5) continue;
      content = applied(content, operation, survivors === 'any_sectors' ? random : undefined);
    }
    return content;
  }
}

function applied(
  content: Buffer<ArrayBuffer>,
  operation: Operation,
  torn: Random | undefined,
): Buffer<ArrayBuffer> {
  if (operation.type === 'truncate') return resized(content, operation.length);
  if (operation.type !== 'write') return content;
  const { at, data } = operation;
  const result = at + data.length > content.length ? resized(content, at + data.length) : content;
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + sectorBytes - ((at + from) % sectorBytes));
    if (torn === undefined || torn() < 0.5) data.copy(result, at + from, from, to);
    from = to;
  }
  return result;
}

function resized(content: Buffer<ArrayBuffer>, length: number): Buffer<ArrayBuffer> {
  const result = Buffer.alloc(length);
  content.copy(result, 0, 0, Math.min(length, content.length));
  return result;
}

export class Disk {
  readonly #files = new Map<string, DiskFile>();

  /** An unlinked file is gone at once: what was in it has been moved elsewhere and synced before. */
  do(operation: Operation): void {
    if (operation.type === 'unlink') {
      this.#files.delete(operation.path);
      return;
    }
    const file = this.#files.get(operation.path) ?? new DiskFile();
    this.#files.set(operation.path, file);
    file.do(operation);
  }

  after(survivors: Survivors, random: Random): ReadonlyMap<string, Buffer> {
    return new Map([...this.#files].map(([path, file]) => [path, file.after(survivors, random)]));
  }
}
