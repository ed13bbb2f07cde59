import { Worker } from 'node:worker_threads';
import { IntakeError } from './error.js';
import type { IntakeOp, IntakeOps, IntakeReply, IntakeRequest, IntakeWorkerConfig } from './messages.js';

export interface IntakeThreadOptions extends IntakeWorkerConfig {
  /** The compiled `intake-worker`. */
  readonly entry: string | URL;
  /** For one request, counted from when the thread has it. */
  readonly deadlineMs: number;
  /** Requests that may wait. */
  readonly queueMax: number;
  readonly onDeath: (reason: string) => void;
}

interface Job {
  readonly message: IntakeRequest;
  resolve(value: IntakeOps[IntakeOp]['value']): void;
  reject(error: IntakeError): void;
}

/**
 * The main thread's side: hands the thread one request after the other, so that a deadline measures the work and not
 * the wait. A thread that misses it hangs in synchronous code and can only be ended.
 */
export class IntakeThread {
  readonly #worker: Worker;
  readonly #queue: Job[] = [];
  #working: Job | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #lastId = 0;
  /** Why nothing more is taken; null while it works. */
  #over: IntakeError | null = null;
  readonly #ended: Promise<void>;

  constructor(readonly options: IntakeThreadOptions) {
    const { entry, cacheBytesMax, pageRecords } = options;
    const workerData: IntakeWorkerConfig = { cacheBytesMax, pageRecords };
    this.#worker = new Worker(entry, { workerData, name: 'intake' });
    this.#worker.on('message', (reply: IntakeReply) => this.#settle(reply));
    let failure: string | null = null;
    this.#worker.on('error', (error: unknown) => {
      failure = error instanceof Error ? error.message : String(error);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (exitCode) => {
        const reason = failure ?? `exit code ${exitCode}`;
        const expected = this.#over !== null;
        this.#end(new IntakeError('thread_died', `the intake thread ended: ${reason}`));
        if (!expected) options.onDeath(reason);
        resolve();
      });
    });
  }

  /** @throws IntakeError (as a rejection) the request's own code, or `timeout`, `thread_died`, `closed`, `busy` */
  ask<Op extends IntakeOp>(op: Op, request: IntakeOps[Op]['request']): Promise<IntakeOps[Op]['value']> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      if (refusal !== null) {
        reject(refusal);
        return;
      }
      const message = { id: (this.#lastId += 1), op, request } as IntakeRequest;
      this.#queue.push({ message, resolve, reject });
      this.#next();
    });
  }

  /** What waits or is being worked on is rejected with `closed`; nothing half-written stays under a final name. */
  async close(): Promise<void> {
    this.#end(new IntakeError('closed', 'the intake was closed'));
    await this.#worker.terminate();
    await this.#ended;
  }

  #refusal(): IntakeError | null {
    const waiting = this.#queue.length;
    if (this.#over !== null || waiting < this.options.queueMax) return this.#over;
    return new IntakeError('busy', `${waiting} requests wait for the intake thread`);
  }

  #next(): void {
    if (this.#working !== null) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    this.#working = job;
    const { deadlineMs } = this.options;
    this.#deadline = setTimeout(() => {
      const reason = `the intake thread did not answer ${job.message.op} within ${deadlineMs} ms`;
      this.#end(new IntakeError('timeout', reason));
      this.options.onDeath(reason);
      void this.#worker.terminate();
    }, deadlineMs);
    this.#worker.postMessage(job.message);
  }

  #settle(reply: IntakeReply): void {
    const job = this.#working;
    if (job?.message.id !== reply.id) return;
    clearTimeout(this.#deadline);
    this.#working = null;
    if (reply.ok) job.resolve(reply.value);
    else job.reject(new IntakeError(reply.code, reply.message));
    this.#next();
  }

  /** The first reason stays. */
  #end(error: IntakeError): void {
    clearTimeout(this.#deadline);
    this.#over ??= error;
    const jobs = [...(this.#working === null ? [] : [this.#working]), ...this.#queue.splice(0)];
    this.#working = null;
    for (const job of jobs) job.reject(this.#over);
  }
}
