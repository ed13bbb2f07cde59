/** What a mailbox should do, as plain lists: the reference for `mailbox-model.test.ts`. */

export type Kind = 'ok' | 'boom' | 'slow';
export type Policy = 'reject' | 'drop_oldest' | 'drop_newest' | 'conflate';

export interface Terms {
  readonly policy: Policy;
  readonly capacity: number;
  readonly attempts: number;
  readonly expiryMs: number | undefined;
}

export interface Mail {
  readonly id: string;
  readonly key: string;
  readonly kind: Kind;
  readonly expiresAtMs: number;
}

/** A place in the queue: of one message, of the newest one of a key, or of a control entry of one life. */
interface Waiting {
  mail: Mail | undefined;
  readonly life: number;
  readonly sinceMs: number;
  cameMs: number;
  tries: number;
  keyed: boolean;
}

/** How long a handler of a killed life is waited for. */
export const shutdownMs = 10;

export class MailboxModel {
  nowMs = 0;
  life = 1;
  suspended = false;
  busy: Waiting | undefined = undefined;
  /** In flight when its life was killed; its handler has not settled. */
  fenced: Mail | undefined = undefined;
  /** When the next life begins, if nothing settles before; undefined while one lives. */
  restartAtMs: number | undefined = undefined;
  /** Handlers that ran to their end, those of killed lives included. */
  readonly ran: string[] = [];
  handled = 0;
  readonly letters: string[] = [];
  signals = 0;
  accepted = 0;
  refused = 0;
  lost = 0;
  highWater = 0;
  admitted = 0;
  readonly #queue: Waiting[] = [];
  readonly #offers: Mail[] = [];

  constructor(readonly terms: Terms) {}

  get depth(): number {
    return this.#queue.filter(({ mail }) => mail !== undefined).length;
  }

  get headAgeMs(): number | null {
    const [first] = this.#queue;
    return first === undefined ? null : this.nowMs - first.sinceMs;
  }

  get waitingOffers(): number {
    return this.#offers.length;
  }

  tell(mail: Mail, fromActor: boolean): void {
    if (!this.#accept(mail)) {
      this.refused++;
      if (fromActor) this.letters.push(`mailbox_full ${mail.id}`);
    }
    this.#run();
  }

  offer(mail: Mail): void {
    if (this.#offers.length > 0 || !this.#accept(mail)) this.#offers.push(mail);
    else this.admitted++;
    this.#run();
  }

  control(): void {
    if (this.restartAtMs !== undefined) return;
    const { life, nowMs } = this;
    this.#queue.push({ mail: undefined, life, sinceMs: nowMs, cameMs: nowMs, tries: 0, keyed: false });
    this.#run();
  }

  suspend(on: boolean): void {
    if (this.restartAtMs !== undefined) return;
    this.suspended = on;
    this.#run();
  }

  settle(failed: boolean): void {
    const { busy } = this;
    if (this.restartAtMs !== undefined) {
      if (!failed && this.fenced !== undefined) this.ran.push(this.fenced.id);
      this.#begin();
    } else if (busy !== undefined) {
      this.busy = undefined;
      if (failed) this.#crash(busy);
      else this.#done(busy);
      this.#run();
    }
  }

  kill(): void {
    if (this.restartAtMs !== undefined) return;
    const { busy } = this;
    if (busy === undefined) this.#begin();
    else {
      this.busy = undefined;
      this.fenced = busy.mail;
      this.suspended = false;
      this.restartAtMs = this.nowMs + shutdownMs;
      this.#retryOrLose(busy);
    }
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    if (this.restartAtMs !== undefined && this.restartAtMs <= untilMs) {
      this.nowMs = this.restartAtMs;
      this.#begin();
    }
    this.nowMs = untilMs;
  }

  #begin(): void {
    this.life++;
    this.suspended = false;
    this.restartAtMs = undefined;
    this.#run();
  }

  #accept(mail: Mail): boolean {
    const { policy, capacity } = this.terms;
    const same =
      policy === 'conflate' ? this.#queue.find((at) => at.keyed && at.mail?.key === mail.key) : undefined;
    if (same !== undefined) {
      this.accepted++;
      this.#lose('conflated', same);
      same.mail = mail;
      same.cameMs = this.nowMs;
      same.tries = 0;
      return true;
    }
    const waiting = this.#place(mail);
    if (this.depth >= capacity) {
      if (policy === 'reject' || policy === 'conflate') return false;
      if (policy === 'drop_newest') {
        this.accepted++;
        this.#lose('dropped_newest', waiting);
        return true;
      }
      const oldest = this.#queue.findIndex((at) => at.mail !== undefined);
      for (const evicted of this.#queue.splice(oldest, 1)) this.#lose('dropped_oldest', evicted);
    }
    this.accepted++;
    this.#queue.push(waiting);
    this.highWater = Math.max(this.highWater, this.depth);
    return true;
  }

  #place(mail: Mail): Waiting {
    const { life, nowMs, terms } = this;
    return { mail, life, sinceMs: nowMs, cameMs: nowMs, tries: 0, keyed: terms.policy === 'conflate' };
  }

  #run(): void {
    while (this.restartAtMs === undefined && !this.suspended && this.busy === undefined) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#take(next);
      while (this.#offers[0] !== undefined && this.#accept(this.#offers[0])) {
        this.#offers.shift();
        this.admitted++;
      }
    }
  }

  #take(next: Waiting): void {
    const { mail, cameMs } = next;
    if (mail === undefined) {
      if (next.life === this.life) this.signals++;
    } else if (this.nowMs - cameMs > (this.terms.expiryMs ?? Infinity) || this.nowMs >= mail.expiresAtMs) {
      this.lost++;
      this.letters.push(`expired ${mail.id}`);
    } else if (mail.kind === 'slow') this.busy = next;
    else if (mail.kind === 'boom') this.#crash(next);
    else this.#done(next);
  }

  #done({ mail }: Waiting): void {
    this.handled++;
    if (mail !== undefined) this.ran.push(mail.id);
  }

  #crash(at: Waiting): void {
    this.life++;
    this.suspended = false;
    this.#retryOrLose(at);
  }

  #retryOrLose(at: Waiting): void {
    const { mail, tries } = at;
    if (mail === undefined) return;
    if (tries + 1 >= this.terms.attempts) {
      this.lost++;
      this.letters.push(`crashed ${mail.id}`);
      return;
    }
    const again = { ...this.#place(mail), tries: tries + 1 };
    again.keyed &&= !this.#queue.some((other) => other.keyed && other.mail?.key === mail.key);
    this.#queue.unshift(again);
    this.highWater = Math.max(this.highWater, this.depth);
  }

  /** A message that had failed before is remembered for that. */
  #lose(reason: string, { mail, tries }: Waiting): void {
    this.lost++;
    this.letters.push(`${tries > 0 ? 'crashed' : reason} ${mail?.id ?? ''}`);
  }
}
