const newline = 0x0a;

/** Lines out of chunks, of at most so many bytes. */
export class LineSplitter {
  readonly #bytesMax: number;
  readonly #onLine: (line: string) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number, onLine: (line: string) => void) {
    this.#bytesMax = bytesMax;
    this.#onLine = onLine;
  }

  /** @returns false when a line is too long; nothing is to be expected of this source any more */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      if (!this.#keep(chunk.subarray(from, at))) return false;
      from = at + 1;
      const line = Buffer.concat(this.#parts, this.#bytes).toString('utf8');
      this.#parts = [];
      this.#bytes = 0;
      this.#onLine(line);
    }
    return this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): boolean {
    this.#bytes += part.byteLength;
    if (this.#bytes > this.#bytesMax) {
      this.#parts = [];
      return false;
    }
    if (part.byteLength > 0) this.#parts.push(part);
    return true;
  }
}
