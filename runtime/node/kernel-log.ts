import type { KernelEvent, Subscriber } from '../../actors/kernel/events.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';

/** Lines per kind of event and second; what is more is counted and told with the next line. */
const LINES_PER_SECOND = 20;

/** The log of a tree that nobody gave another: one line for each event that somebody should see, on stderr. */
export function logKernel(
  write: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Subscriber {
  let second = 0;
  const written = new Map<string, number>();
  return (event) => {
    const line = lineOf(event);
    if (line === undefined) return;
    const nowS = Math.floor(performance.now() / 1_000);
    if (nowS !== second) {
      for (const [type, count] of written)
        if (count > LINES_PER_SECOND)
          write(`holdfast: ${count - LINES_PER_SECOND} more lines of kind ${type} not shown`);
      written.clear();
      second = nowS;
    }
    const count = (written.get(event.type) ?? 0) + 1;
    written.set(event.type, count);
    if (count <= LINES_PER_SECOND) write(`holdfast: ${line}`);
  };
}

function lineOf(event: KernelEvent): string | undefined {
  switch (event.type) {
    case 'crashed':
      return `${event.path} (life ${event.incarnation}) crashed in ${event.during}${
        event.messageType === undefined ? '' : ` of ${event.messageType}`
      }, supervised by ${event.supervisor ?? 'nobody'}: ${describeError(event.error)}`;
    case 'dead_letter':
      return `dead letter ${event.letter.id} (${event.letter.reason}) to ${event.letter.recipient} from ${event.letter.sender ?? 'outside'}`;
    case 'gave_up':
      return `${event.path} gave up: more than ${event.intensity} restarts in ${event.periodMs} ms, last ${event.child}: ${describeReason(event.reason)}`;
    case 'restart_alert':
      return `${event.path} failed ${event.failures} times in a row under ${event.supervisor}`;
    case 'orphaned':
      return `${event.path} (life ${event.incarnation}): a handler outlived its shutdown time and is fenced`;
    case 'backlog':
      return `${event.path}: ${event.depth} of ${event.capacity} messages wait`;
    case 'slow_turn':
      return `${event.path} held the loop for ${Math.round(event.ms)} ms${
        event.messageType === undefined ? '' : ` with ${event.messageType}`
      }`;
    case 'kernel_error':
      return `internal error${event.path === undefined ? '' : ` at ${event.path}`}: ${describeError(event.error)}`;
    default:
      return undefined;
  }
}
