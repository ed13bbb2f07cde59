import { Entry } from './entry.js';

/** In a conflating mailbox: the place of a key in the queue, and the newest message that waits in it. */
export class KeyedEntry extends Entry {
  constructor(
    readonly key: string,
    public message: unknown,
    public companion: unknown,
    /** When that message came, which is later than when the place was taken. */
    public tick: number,
  ) {
    super(false);
  }
}
