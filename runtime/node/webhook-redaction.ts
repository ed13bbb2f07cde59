/** Parts of an address shorter than that are words, not secrets. */
const secretCharsMin = 4;

export const blot = '<redacted>';

/** Blots an address out of texts: as a whole, and each part of its path and query, in every usual spelling. */
export class Redaction {
  /** What may be shown: scheme and host. */
  readonly target: string;
  readonly #parts: readonly string[];

  constructor(url: URL) {
    this.target = `${url.protocol}//${url.host}/${blot}`;
    const words = [
      ...url.pathname.split('/'),
      ...url.searchParams.values(),
      url.username,
      url.password,
      url.hash,
    ];
    const whole = [url.href, `${url.pathname}${url.search}`, url.pathname];
    const spelt = [...whole, ...words].flatMap((text) => [text, decoded(text), encodeURIComponent(text)]);
    this.#parts = [...new Set(spelt)]
      .filter((text) => text.length >= secretCharsMin)
      .sort((a, b) => b.length - a.length);
  }

  of(text: string): string {
    let left = text;
    for (const part of this.#parts) left = left.replaceAll(new RegExp(escaped(part), 'gi'), blot);
    return left;
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
