/**
 * A running fingerprint of a run: two runs with the same one did the same things in the same order.
 * FNV-1a over UTF-16 units in two lanes of 32 bits with different primes; it tells runs apart, and is no protection.
 */
export class Digest {
  #one = 0x811c9dc5;
  #two = 0x9e3779b9;

  add(text: string): void {
    let one = this.#one;
    let two = this.#two;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      one = Math.imul(one ^ unit, 0x01000193);
      two = Math.imul(two ^ unit, 0x85ebca6b);
    }
    // What ends here is not what goes on there.
    this.#one = Math.imul(one ^ 0x1f, 0x01000193);
    this.#two = two ^ (two >>> 15);
  }

  addNumber(value: number): void {
    this.#one = Math.imul(this.#one ^ (value | 0), 0x01000193);
    this.#two = Math.imul(this.#two ^ (value | 0), 0x85ebca6b) ^ Math.floor(value * 1_000);
  }

  get hex(): string {
    return [this.#one, this.#two].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
