import type { KernelEvent } from '../../actors/kernel/events.js';
import { typeOf } from '../../actors/kernel/message-type.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';
import type { ExitReason } from '../../protocols/exit-reason.js';
import type { Turn } from './observed-tree.js';

interface Line {
  readonly atMs: number;
  readonly path: string;
  /** Put into words only when somebody wants to read it. */
  readonly words: string | (() => string);
}

/** The events of each place that a story tells, at most. */
const LINES_PER_PLACE = 12;
/** Of those above, whose decisions explain what happened below. */
const LINES_ABOVE = 6;

/** What happened, in order, to be told in words if it went wrong. */
export class Story {
  readonly #lines: Line[] = [];
  readonly #describe: (message: unknown) => string;

  constructor(describe: ((message: unknown) => string) | undefined) {
    this.#describe = describe ?? ((message) => typeOf(message) ?? describeError(message));
  }

  note(atMs: number, path: string, words: string | (() => string)): void {
    this.#lines.push({ atMs, path, words });
  }

  began(atMs: number, turn: Turn): void {
    this.note(atMs, turn.life.path, () => `#${turn.life.incarnation} ${this.#occasion(turn)}`);
  }

  /** @param newest number of the newest turn: one that ends when others have begun since took its time, which is worth a line */
  ended(atMs: number, turn: Turn, error: unknown, newest: number): void {
    const { outcome, life } = turn;
    if (outcome === 'threw')
      this.note(atMs, life.path, () => `#${life.incarnation} throws: ${describeError(error)}`);
    else if (outcome === 'fenced')
      this.note(
        atMs,
        life.path,
        () => `#${life.incarnation}, which is dead, ${this.#occasion(turn)}: ends, too late`,
      );
    else if (turn.number < newest)
      this.note(atMs, life.path, () => `#${life.incarnation} is done with it: ${this.#of(turn)}`);
  }

  event(atMs: number, event: KernelEvent): void {
    const path = event.type === 'dead_letter' ? event.letter.recipient : (event.path ?? '');
    this.note(atMs, path, () => this.#tell(event));
    if (event.type === 'restarting') this.note(atMs, event.supervisor, `restarts ${event.path}`);
  }

  #of({ occasion, message }: Turn): string {
    switch (occasion) {
      case 'init':
        return 'init';
      case 'terminate':
        return `terminate (${describeReason(message as ExitReason)})`;
      case 'signal': {
        const { type, path, from, reason } = message as {
          type: string;
          path?: string;
          from?: { path: string };
          reason: ExitReason;
        };
        return `the ${type === 'down' ? 'Down' : 'exit signal'} of ${path ?? from?.path ?? 'somebody'} (${describeReason(reason)})`;
      }
      case 'handle':
        return this.#describe(message);
    }
  }

  #occasion(turn: Turn): string {
    return turn.occasion === 'handle'
      ? `handles ${this.#of(turn)}`
      : `runs ${this.#of(turn)}`.replace('runs the', 'handles the');
  }

  #tell(event: KernelEvent): string {
    switch (event.type) {
      case 'started':
        return `#${event.handle.incarnation} is up`;
      case 'start_ignored':
        return `#${event.incarnation} does not want to start`;
      case 'exited':
        return `#${event.incarnation} is dead: ${describeReason(event.reason)}`;
      case 'start_failed':
        return `#${event.incarnation} failed to start: ${describeReason(event.reason)}`;
      case 'crashed':
        return `#${event.incarnation} is reported as crashed in ${event.during}`;
      case 'restarting':
        return `is to be restarted by ${event.supervisor}${event.delayMs > 0 ? ` in ${Math.round(event.delayMs)} ms` : ''}`;
      case 'restart_alert':
        return `has failed ${event.failures} times in a row`;
      case 'gave_up':
        return `gives up over ${event.child}: more than ${event.intensity} restarts within ${event.periodMs} ms`;
      case 'dead_letter':
        return `${this.#describe(event.letter.message)} is a dead letter: ${event.letter.reason}`;
      case 'orphaned':
        return `a handler of #${event.incarnation} or before is waited for no longer`;
      case 'backlog':
        return `has ${event.depth} messages waiting`;
      case 'slow_turn':
        return `held the loop for ${event.ms} ms`;
      case 'kernel_error':
        return `the kernel itself failed: ${describeError(event.error)}`;
    }
  }

  /** The last lines of the places that the problem names, and of those above them, in order of time. */
  tell(problem: string): string {
    const named = new Set(
      this.#lines.map(({ path }) => path).filter((path) => path !== '' && names(problem, path)),
    );
    const above = new Set([...named].flatMap(ancestors));
    const left = new Map<string, number>();
    const told: Line[] = [];
    for (let at = this.#lines.length - 1; at >= 0; at--) {
      const line = this.#lines[at];
      if (line === undefined) continue;
      const limit =
        named.size === 0 || named.has(line.path) ? LINES_PER_PLACE : above.has(line.path) ? LINES_ABOVE : 0;
      const taken = left.get(line.path) ?? 0;
      // With nobody named, the last of all of them.
      if (taken >= limit || (named.size === 0 && told.length >= 2 * LINES_PER_PLACE)) continue;
      left.set(line.path, taken + 1);
      told.push(line);
    }
    const width = Math.max(0, ...told.map(({ path }) => path.length));
    return told
      .reverse()
      .map(
        ({ atMs, path, words }) =>
          `${String(atMs).padStart(6)} ms  ${path.padEnd(width)}  ${typeof words === 'string' ? words : words()}`,
      )
      .join('\n');
  }
}

/** As a whole word: `r/a1` does not name `r/a`, nor the other way round. */
function names(problem: string, path: string): boolean {
  for (let at = problem.indexOf(path); at >= 0; at = problem.indexOf(path, at + 1)) {
    const [before, after] = [problem[at - 1] ?? ' ', problem[at + path.length] ?? ' '];
    if (!/[\w/~-]/.test(before) && !/[\w/~-]/.test(after)) return true;
  }
  return false;
}

const ancestors = (path: string): string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
};
