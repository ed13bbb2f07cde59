/** Requests that wait for a worker, in order of arrival; those tried again go first. */
export class WorkQueue<Job extends { readonly id: number }> {
  #again: number[] = [];
  #fresh: number[] = [];
  #head = 0;
  readonly #waiting = new Map<number, Job>();

  get size(): number {
    return this.#waiting.size;
  }

  push(job: Job): void {
    this.#waiting.set(job.id, job);
    this.#fresh.push(job.id);
  }

  pushFirst(job: Job): void {
    this.#waiting.set(job.id, job);
    this.#again.push(job.id);
  }

  /** Takes one out of the middle. */
  withdraw(id: number): Job | undefined {
    const job = this.#waiting.get(id);
    this.#waiting.delete(id);
    const places = this.#again.length + this.#fresh.length - this.#head;
    // What was withdrawn leaves its place behind; they are swept before they are more than what waits.
    if (places > 2 * this.#waiting.size + 64) this.#sweep();
    return job;
  }

  shift(): Job | undefined {
    for (let id = this.#next(); id !== undefined; id = this.#next()) {
      const job = this.#waiting.get(id);
      if (job !== undefined) {
        this.#waiting.delete(id);
        return job;
      }
    }
    return undefined;
  }

  #next(): number | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const id = this.#fresh[this.#head];
    this.#head += 1;
    if (id === undefined || this.#head * 2 > this.#fresh.length) {
      this.#fresh = this.#fresh.slice(this.#head);
      this.#head = 0;
    }
    return id;
  }

  #sweep(): void {
    this.#again = this.#again.filter((id) => this.#waiting.has(id));
    this.#fresh = this.#fresh.slice(this.#head).filter((id) => this.#waiting.has(id));
    this.#head = 0;
  }
}
