import { deserialize, serialize } from 'node:v8';

/** Messages on a stream of bytes: four bytes of length, little endian, then the value as V8 writes it. */
export function frame(value: unknown): Uint8Array {
  const body = serialize(value);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.byteLength);
  return Buffer.concat([head, body]);
}

export interface FrameListener {
  /** `length` of its body. */
  onFrame(value: unknown, length: number): void;
  /** Longer than may be, told before it is read; or not to be read at all. Nothing is told after it. */
  onNonsense(what: string, length: number): void;
}

/** Cuts a stream into frames; never holds more than one frame of `bytesMax`. */
export class FrameReader {
  readonly #listener: FrameListener;
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #wanted: number | null = null;
  #over = false;

  constructor(bytesMax: number, listener: FrameListener) {
    this.#bytesMax = bytesMax;
    this.#listener = listener;
  }

  take(chunk: Uint8Array): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    let more = true;
    while (more) more = this.#step();
  }

  /** Nothing of what is still to come is wanted. */
  stop(): void {
    this.#over = true;
    this.#chunks = [];
    this.#held = 0;
    this.#wanted = null;
  }

  #step(): boolean {
    if (this.#wanted === null) {
      if (this.#held < 4) return false;
      this.#wanted = this.#cut(4).readUInt32LE();
      if (this.#wanted > this.#bytesMax) return this.#refuse('too long', this.#wanted);
    }
    if (this.#held < this.#wanted) return false;
    const body = this.#cut(this.#wanted);
    this.#wanted = null;
    let value: unknown;
    try {
      value = deserialize(body);
    } catch {
      return this.#refuse('unreadable', body.byteLength);
    }
    this.#listener.onFrame(value, body.byteLength);
    return true;
  }

  #refuse(what: string, length: number): false {
    this.stop();
    this.#listener.onNonsense(what, length);
    return false;
  }

  #cut(bytes: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const whole = Buffer.from(all?.buffer ?? new ArrayBuffer(0), all?.byteOffset ?? 0, all?.byteLength ?? 0);
    this.#held -= bytes;
    this.#chunks = this.#held === 0 ? [] : [whole.subarray(bytes)];
    return whole.subarray(0, bytes);
  }
}
