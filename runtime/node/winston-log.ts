import { once } from 'node:events';
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
const limits = { bytesMax: 5_000_000, filesMax: 5, textCharsMax: 2_000, closeMs: 2_000 } as const;

/** What a kernel line says of a message is its type, never its content: contents can hold what is not for logs. */
export function openLog(file: string, bootId: string): Log {
  let sequence = 0;
  const rotating = new winston.transports.File({
    filename: file,
    maxsize: limits.bytesMax,
    maxFiles: limits.filesMax,
    tailable: true,
  });
  const toFile = { transports: rotating };
  const logger = winston.createLogger({ level: 'info', format: winston.format.json(), ...toFile });
  const held = (): number => logger.writableLength + logger.readableLength + rotating.writableLength;
  // A log that cannot be written must not end what it describes; the gap shows in the sequence numbers.
  logger.on('error', () => undefined);
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
