import { inspect } from 'node:util';

/** How a secret is shown wherever anything is shown. */
export const masked = '(secret)';

/** A text that no print, log, JSON or error shows; only `reveal` gives it away. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return masked;
  }

  toJSON(): string {
    return masked;
  }

  [inspect.custom](): string {
    return masked;
  }
}
