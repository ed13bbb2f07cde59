import { once } from 'node:events';
import { open, stat } from 'node:fs/promises';
import { setImmediate as immediate } from 'node:timers/promises';
import winston from 'winston';
import type { KernelEvent, Subscriber } from '../../actors/kernel/events.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';

export interface Log {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(event: string, facts?: Readonly<Record<string, unknown>>): void;
  readonly subscriber: Subscriber;
  close(): Promise<void>;
}

/** The newest lines are kept: five files of 5 MB. */
const limits = {
  bytesMax: 5_000_000,
  filesMax: 5,
  textCharsMax: 2_000,
  closeMs: 2_000,
  lookMs: 1_000,
  looksMax: 2,
} as const;

/** What a kernel line says of a message is its type, never its content: contents can hold what is not for logs. */
export function openLog(file: string, bootId: string): Log {
  let sequence = 0;
  const openFile = () =>
    new winston.transports.File({
      filename: file,
      maxsize: limits.bytesMax,
      maxFiles: limits.filesMax,
      tailable: true,
    });
  let rotating = openFile();
  const toFile = () => ({
    level: 'info',
    format: winston.format.json(),
    ...{ transports: rotating },
  });
  const logger = winston.createLogger(toFile());
  const held = (): number => logger.writableLength + logger.readableLength + rotating.writableLength;
  // A log that cannot be written must not end what it describes; the gap shows in the sequence numbers.
  logger.on('error', () => undefined);
  // winston never writes again to a file that refused once, and says nothing of it: a disk that was full for a moment would
  // silence the log for good. So somebody looks whether what is said arrives.
  let arrived = { size: -1, sequence: 0, looksSince: 0 };
  const look = async (): Promise<void> => {
    const size = await sizeOf(file);
    if (size !== arrived.size) arrived = { size, sequence, looksSince: 0 };
    else if (sequence > arrived.sequence) arrived.looksSince += 1;
    if (arrived.looksSince < limits.looksMax || !(await endsWhole(file)) || isClosing) return;
    arrived = { size: -1, sequence, looksSince: 0 };
    rotating = openFile();
    logger.configure(toFile());
  };
  let isClosing = false;
  const looking = setInterval(() => void look(), limits.lookMs).unref();
  const write = (
    level: 'info' | 'warn',
    event: string,
    facts: Readonly<Record<string, unknown>> = {},
  ): void => {
    logger.log({
      level,
      message: event,
      sequence: ++sequence,
      bootId,
      at: new Date().toISOString(),
      ...cut(facts),
    });
  };
  return {
    info: (event, facts) => write('info', event, facts),
    warn: (event, facts) => write('warn', event, facts),
    subscriber: (event) => {
      const facts = factsOf(event);
      if (facts !== null) write(facts.level, `kernel.${event.type}`, facts.facts);
    },
    close: async () => {
      isClosing = true;
      clearInterval(looking);
      // On a full disk the file never takes all; what it could not take is lost, and the end must not wait for it.
      // Not AbortSignal.timeout: that keeps no process alive, which would end in the middle of this, and with another code.
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), limits.closeMs);
      // winston ends its file before it has handed over what it still holds.
      while (!late.signal.aborted && held() > 0) await immediate();
      const finished = once(rotating, 'finish', { signal: late.signal }).catch(() => undefined);
      logger.end();
      await finished;
      clearTimeout(timer);
    },
  };
}

/** Ends the line that a full disk cut short, so that the next one is a line of its own. @returns whether the disk takes it */
async function endsWhole(file: string): Promise<boolean> {
  try {
    const opened = await open(file, 'a+');
    try {
      const { size } = await opened.stat();
      const { buffer } = await opened.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      if (size > 0 && buffer[0] !== newline) await opened.write('\n');
      return true;
    } finally {
      await opened.close();
    }
  } catch {
    // Still full, or away: it is tried again.
    return false;
  }
}

const newline = 0x0a;

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => -1,
  );

interface Line {
  readonly level: 'info' | 'warn';
  readonly facts: Readonly<Record<string, unknown>>;
}

const cut = (facts: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key, typeof value === 'string' ? short(value) : value]),
  );

const short = (text: string): string => text.slice(0, limits.textCharsMax);

function factsOf(event: KernelEvent): Line | null {
  switch (event.type) {
    case 'started':
      return { level: 'info', facts: { path: event.path, incarnation: event.handle.incarnation } };
    case 'exited':
      return { level: 'info', facts: { path: event.path, reason: short(describeReason(event.reason)) } };
    case 'restarting':
      return { level: 'warn', facts: { path: event.path, delayMs: event.delayMs } };
    case 'crashed': {
      const { path, during, messageType, error } = event;
      return { level: 'warn', facts: { path, during, messageType, error: short(describeError(error)) } };
    }
    case 'start_failed':
      return { level: 'warn', facts: { path: event.path, reason: short(describeReason(event.reason)) } };
    case 'gave_up':
      return {
        level: 'warn',
        facts: { path: event.path, child: event.child, reason: short(describeReason(event.reason)) },
      };
    case 'dead_letter': {
      const { reason, recipient, sender } = event.letter;
      return { level: 'warn', facts: { reason, recipient, sender } };
    }
    case 'kernel_error':
      return { level: 'warn', facts: { path: event.path, error: short(describeError(event.error)) } };
    case 'slow_turn': {
      const { path, messageType, ms } = event;
      return { level: 'warn', facts: { path, messageType, ms: Math.round(ms) } };
    }
    case 'orphaned':
    case 'backlog':
    case 'restart_alert':
      return { level: 'warn', facts: { path: event.path } };
    default:
      return null;
  }
}
