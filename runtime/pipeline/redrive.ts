/** Letters delivered again: back to where they came from, one at a time, and gone once they are accepted there. */
import { names as dispatch } from '../../protocols/backtest-dispatch.js';
import { names as letters } from '../../protocols/dead-letters.js';
import type { LetterRow } from '../../protocols/dead-letters.js';
import { dbAnswer, names as db } from '../../protocols/db-writes.js';
import { names as notifier } from '../../protocols/notifier.js';
import type { Clock } from '../../actors/kernel/capabilities.js';
import type { System } from '../system.js';

/** What came of one letter. A refused one is kept as it was. */
export type Redriven =
  | { readonly letterId: string; readonly outcome: 'redriven'; readonly to: string }
  | {
      readonly letterId: string;
      readonly outcome: 'refused';
      readonly code: RedriveRefusal;
      readonly message: string;
    };

/**
 * `unknown_version`: another version of us wrote it; `no_payload`: what it held could not be written down; `no_source`:
 * there is nothing that could take it; `not_accepted`: its place is down or full now; `store`: a store refused.
 */
export type RedriveRefusal =
  'not_found' | 'unknown_version' | 'no_payload' | 'no_source' | 'not_accepted' | 'store';

/** Payloads that this version can read. */
const payloadVersions: ReadonlySet<number> = new Set([1]);

const askMs = 5_000;

type Taken =
  | { readonly ok: true; readonly to: string }
  | { readonly ok: false; readonly code: RedriveRefusal; readonly message: string };

const refuse = (code: RedriveRefusal, message: string): Taken => ({ ok: false, code, message });

export class Redriver {
  readonly #system: () => System | undefined;
  readonly #clock: Clock;
  /** Two who ask for the same letter must not both deliver it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(system: () => System | undefined, clock: Clock) {
    this.#system = system;
    this.#clock = clock;
  }

  redrive(letterId: string, by: string): Promise<Redriven> {
    const done = this.#last.then(() => this.#redrive(letterId, by));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #redrive(letterId: string, by: string): Promise<Redriven> {
    const taken = await this.#take(letterId, by);
    return taken.ok
      ? { letterId, outcome: 'redriven', to: taken.to }
      : { letterId, outcome: 'refused', code: taken.code, message: taken.message };
  }

  async #take(letterId: string, by: string): Promise<Taken> {
    const system = this.#system();
    if (system === undefined) return refuse('not_accepted', 'the tree is starting');
    const found = dbAnswer(
      await system.ask(letters.deadLetters, { type: 'show', letterId }, { deadlineMs: askMs }),
    );
    if (!found.ok) return refuse('store', `${found.message} (${found.code})`);
    const letter = found.value;
    if (letter?.state !== 'kept') return refuse('not_found', 'no such letter is kept');
    const payload = payloadOf(letter);
    if (!payload.ok) return payload;
    // A letter of an hour that lies ahead, because a clock was set back, is crossed off all the same.
    const toldWallMs = Math.max(this.#clock.wallMs(), letter.atWallMs);
    const taken = await this.#deliver(system, letter, payload.value);
    if (!taken.ok) return taken;
    const settled = dbAnswer(
      await system.ask(
        letters.deadLetters,
        { type: 'redriven', letterId, by, toldWallMs },
        { deadlineMs: askMs },
      ),
    );
    // It was accepted and could not be crossed off: delivered again, it is the same once more.
    return settled.ok
      ? taken
      : refuse('store', `accepted by ${taken.to}, but kept: ${settled.message} (${settled.code})`);
  }

  #deliver(system: System, letter: LetterRow, payload: object): Promise<Taken> | Taken {
    if (letter.messageType === 'backtest_request' || letter.messageType === 'backtest_answer')
      return this.#requestAgain(system, letter, payload);
    if (letter.messageType === 'notification') return this.#notifyAgain(system, payload);
    const place = system.find(letter.recipient);
    if (place === undefined) return refuse('no_source', `nothing stands at ${letter.recipient}`);
    // The store cannot know the type of what was once accepted at this very place.
    const told = place.tell(payload as never);
    return told === 'accepted'
      ? { ok: true, to: letter.recipient }
      : refuse('not_accepted', `${letter.recipient} is ${told}; try again later`);
  }

  /** The letter of a request that was given up: the request goes back to the queue, with all its attempts. */
  async #requestAgain(system: System, { reason }: LetterRow, payload: object): Promise<Taken> {
    const requestId = 'requestId' in payload ? payload.requestId : undefined;
    const isGivenUp = reason === 'crash_loop' || reason === 'dead_lettered';
    if (!isGivenUp || typeof requestId !== 'string')
      return refuse(
        'no_source',
        `an answer that was ${reason} is evidence; there is nothing to be done again`,
      );
    const again = dbAnswer(
      await system.ask(
        db.core,
        { type: 'redrive_request', requestId, wallMs: this.#clock.wallMs() },
        { deadlineMs: askMs },
      ),
    );
    if (!again.ok) return refuse('store', `${again.message} (${again.code})`);
    if (again.value === null) return refuse('no_source', `there is no request ${requestId} any more`);
    system.whereis(dispatch.dispatcher)?.tell({ type: 'work_available' });
    return { ok: true, to: `the queue, as request ${requestId}` };
  }

  /** The letter of a notification that was given up: its row waits again for its lane, with all its attempts. */
  async #notifyAgain(system: System, payload: object): Promise<Taken> {
    const notificationId = 'notificationId' in payload ? payload.notificationId : undefined;
    if (typeof notificationId !== 'string') return refuse('no_source', 'it names no notification');
    const again = dbAnswer(
      await system.ask(
        db.core,
        { type: 'redrive_notification', notificationId, wallMs: this.#clock.wallMs() },
        { deadlineMs: askMs },
      ),
    );
    if (!again.ok) return refuse('store', `${again.message} (${again.code})`);
    if (again.value === null)
      return refuse('no_source', `there is no notification ${notificationId} any more`);
    system.whereis(notifier.desk)?.tell({ type: 'work_available' });
    return { ok: true, to: `the outbox, as notification ${notificationId}` };
  }
}

type Payload = { readonly ok: true; readonly value: object } | Extract<Taken, { ok: false }>;

function payloadOf({ payloadJson, payloadType, payloadVersion }: LetterRow): Payload {
  if (!payloadVersions.has(payloadVersion)) {
    const known = [...payloadVersions].join(', ');
    return noPayload(
      'unknown_version',
      `expected payload version ${known}, found ${payloadVersion}: use the version that wrote it`,
    );
  }
  if (payloadJson === null)
    return noPayload('no_payload', `what it held (${payloadType}) could not be written down`);
  try {
    const value: unknown = JSON.parse(payloadJson);
    if (typeof value === 'object' && value !== null) return { ok: true, value };
  } catch {
    // Told below, as what it is: not what we write.
  }
  return noPayload('no_payload', 'what it holds is no message');
}

const noPayload = (code: RedriveRefusal, message: string): Extract<Taken, { ok: false }> => ({
  ok: false,
  code,
  message,
});
