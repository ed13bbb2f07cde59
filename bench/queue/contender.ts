/** A durable queue on its stage: jobs of 250 bytes with a handler that does nothing. */
export interface QueueContender {
  readonly name: string;
  /** What has reached the disk when an enqueue or an ack is answered. */
  readonly durability: string;
  /** Accepts so many jobs as fast as it can; resolves when all are accepted. */
  enqueue(jobs: number): Promise<void>;
  /** Hands so many waiting jobs to a handler and acks them; resolves when all acks are as durable as it says. */
  process(jobs: number): Promise<void>;
  /** From the enqueue of a job to its handler, ms, for so many jobs one after another in an idle queue. */
  wakeUps(jobs: number): Promise<readonly number[]>;
  /** Jobs that were handed out and acked by its own records, since it began. */
  done(): Promise<number>;
  close(): Promise<void>;
}

export type OpenContender = (place: {
  /** A folder of its own. */
  readonly folder: string;
  /** Of the server that it needs. */
  readonly url: string | undefined;
}) => Promise<QueueContender>;

export const payload = 'x'.repeat(250);

export interface Order {
  readonly jobs: number;
  readonly wakeUps: number;
}

export interface Round {
  readonly enqueuedPerS: number;
  readonly processedPerS: number;
  readonly wakeUpMs: number;
}
