import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours only for people: on a terminal, and not where NO_COLOR asks for none. */
export function painter(stream: NodeJS.WriteStream): (style: Style, text: string) => string {
  const wanted = stream.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  return (style, text) => (wanted ? styleText(style, text) : text);
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** Resolves when the text has left: a process that ends at once would cut a long text off in a pipe. */
export function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve());
  });
}

export const printJson = (value: unknown): Promise<void> => print(JSON.stringify(value, null, 2));

/** Whole seconds and minutes, as a person says them. */
export function spokenMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
