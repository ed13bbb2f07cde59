declare const messages: unique symbol;

/**
 * The typed address of a registered actor: what a protocol publishes so that two subsystems can talk without
 * importing each other. It is looked up at the moment of sending, never cached.
 */
export interface Name<Msg> {
  readonly name: string;
  readonly [messages]?: (message: Msg) => void;
}

/**
 * @param text 1 to 200 characters without control characters
 * @throws TypeError when the text is not a usable name
 */
export function name<Msg>(text: string): Name<Msg> {
  const usable = text.length > 0 && text.length <= 200 && !/\p{Cc}/u.test(text);
  if (!usable)
    throw new TypeError(`name: expected 1 to 200 printable characters, got ${JSON.stringify(text)}`);
  return Object.freeze({ name: text });
}

declare const replies: unique symbol;

/** Marks a message as a request whose answer has type `R`: `type Get = { type: 'get' } & Replies<number>`. */
export interface Replies<R> {
  readonly [replies]?: R;
}

/** A message type without the mark, as a sender writes it. */
type Bare<Msg> = { [Key in keyof Msg as Key extends typeof replies ? never : Key]: Msg[Key] };

/** The type of the answer to `Request`, one of the messages `Msg`; `never` for a message that is not answered. */
export type AnswerTo<Msg, Request> =
  Msg extends Replies<infer R> ? (Request extends Bare<Msg> ? R : never) : never;

/** The type of the answer to a request whose own type is known. */
export type ReplyOf<Request> = Request extends Replies<infer R> ? R : never;
