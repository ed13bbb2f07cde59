import type { Readable } from 'node:stream';

export interface LineLimits {
  /** A longer line is cut; its rest is passed over. */
  readonly charsMax: number;
  /** What is more within a second is counted and told with the next line. */
  readonly linesPerSecondMax: number;
}

/** A line for people is never longer, and a child in trouble must not take its parent's log with it. */
export const lineDefaults: LineLimits = { charsMax: 2_000, linesPerSecondMax: 50 };

/**
 * Hands the lines of a child's output on, as text and within limits. The stream is always read to its end: a child
 * whose output nobody takes stands still as soon as the pipe is full.
 */
export function boundedLines(
  stream: Readable,
  onLine: (line: string) => void,
  { charsMax, linesPerSecondMax }: LineLimits = lineDefaults,
): void {
  let line = '';
  let second = -1;
  let said = 0;
  let unsaid = 0;
  const end = (): void => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    line = '';
    if (text === '') return;
    const nowS = Math.floor(performance.now() / 1_000);
    if (nowS !== second) [second, said] = [nowS, 0];
    if (said >= linesPerSecondMax) {
      unsaid += 1;
      return;
    }
    said += 1;
    if (unsaid > 0) onLine(`(${unsaid} lines not shown)`);
    unsaid = 0;
    onLine(text);
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...others] = chunk.split('\n');
    line = (line + first).slice(0, charsMax);
    for (const other of others) {
      end();
      line = other.slice(0, charsMax);
    }
  });
  stream.on('end', end);
  stream.on('error', () => undefined);
}
