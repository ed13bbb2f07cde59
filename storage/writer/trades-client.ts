/** The trades file's writer: besides transactions it takes whole result frames and whole lists. */
import type { StorageErrorData } from '../errors.js';
import type { Channel } from '../thread/channel.js';
import type { Outcome } from '../thread/messages.js';
import type { WriterCall } from './calls.js';
import { startWriterThread, ThreadWriter, type Writer, type WriterOptions } from './client.js';
import type { IngestAnswer, NewList, TradesReceipt } from './ingest.js';

export interface TradesWriter extends Writer {
  /** Decodes and stores in the thread. The bytes are copied first: a socket's memory must not be given away. */
  ingestFrame(frame: Uint8Array, receivedWallMs: number): Promise<Outcome<IngestAnswer>>;
  /** The columns are handed over: do not use them afterwards. */
  storeTrades(list: NewList): Promise<Outcome<TradesReceipt>>;
}

class TradesThreadWriter extends ThreadWriter implements TradesWriter {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    super(channel);
    this.#channel = channel;
  }

  ingestFrame(frame: Uint8Array, receivedWallMs: number): Promise<Outcome<IngestAnswer>> {
    return this.#offer(frame.byteLength, () => {
      const copy = new Uint8Array(frame);
      return { call: { type: 'ingest_frame', frame: copy, receivedWallMs }, given: [copy.buffer] };
    });
  }

  storeTrades(list: NewList): Promise<Outcome<TradesReceipt>> {
    return this.#offer(list.exitS.byteLength + list.pnl.byteLength, () => {
      // Own copies unless each column owns its memory: handing over a shared buffer would take the neighbours along.
      const [exitS, pnl] = [owned(list.exitS), owned(list.pnl)];
      return { call: { ...list, type: 'store_trades', exitS, pnl }, given: [exitS.buffer, pnl.buffer] };
    });
  }

  #offer<T>(
    bytes: number,
    make: () => { readonly call: WriterCall; readonly given: readonly ArrayBuffer[] },
  ): Promise<Outcome<T>> {
    const error: StorageErrorData | undefined = this.#channel.refusal(bytes);
    if (error !== undefined) return Promise.resolve({ ok: false, error });
    const { call, given } = make();
    return this.#channel.call(call, bytes, given) as Promise<Outcome<T>>;
  }
}

function owned(column: Float64Array): Float64Array<ArrayBuffer> {
  const { buffer } = column;
  return buffer instanceof ArrayBuffer && buffer.byteLength === column.byteLength
    ? new Float64Array(buffer)
    : new Float64Array(column);
}

/** @throws as openWriter */
export async function openTradesWriter(options: Omit<WriterOptions, 'kind'>): Promise<TradesWriter> {
  return new TradesThreadWriter(await startWriterThread({ ...options, kind: 'trades' }));
}
