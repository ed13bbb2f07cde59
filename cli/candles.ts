import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { decodeCandleCsv, gateDefaults } from '../protocols/candles/index.js';
import type { CandleWarning } from '../protocols/candles/index.js';
import { requirePath } from '../runtime/pipeline/require-inputs.js';
import { painter, print, printJson, table } from './output.js';

/** One file as `holdfast candles check --json` lists it; what is unknown is null. Times are Unix seconds. */
export interface CandleCheck {
  readonly file: string;
  readonly verdict: 'accepted' | 'refused';
  readonly reason: string | null;
  /** Data row, counted from 1 after the header; null when the header or the whole file is at fault. */
  readonly row: number | null;
  readonly found: string | null;
  readonly expected: string | null;
  readonly rows: number | null;
  readonly first: number | null;
  readonly last: number | null;
  readonly stepSeconds: number | null;
  readonly warnings: readonly CandleWarning[];
}

interface Flags {
  readonly json: boolean;
  readonly acceptOutliers: boolean;
}

const help = `
The verdict is on content alone; the name of a file does not matter here (run also wants SYMBOL_TF.csv).
Exit codes: 0 the check was done, whatever it found; 66 a file is missing or cannot be read.

Examples:
  holdfast candles check data/*.csv
  holdfast candles check --json data/EURUSD_H1.csv
`;

export function addCandles(program: Command): void {
  const candles = program.command('candles').description('Look at candle files.');
  candles
    .command('check')
    .description(
      'Say whether candle files would be accepted, and if not, which row, what was found, what expected.',
    )
    .argument('<file...>', 'CSV files with timestamp, open, high, low, close, volume')
    .option('--json', 'a JSON list instead of a table', false)
    .option('--accept-outliers', 'take rows whose high or low is ten times away from open and close', false)
    .addHelpText('after', help)
    .action(check);
}

async function check(files: readonly string[], flags: Flags): Promise<void> {
  const sizes = await Promise.all(files.map(sizeOf));
  const checks: CandleCheck[] = [];
  for (const [index, file] of files.entries())
    checks.push(await checkFile(file, sizes[index] ?? 0, flags.acceptOutliers));
  await (flags.json ? printJson(checks) : print(tableOf(checks)));
}

async function sizeOf(file: string): Promise<number> {
  await requirePath('candles check', file, 'file');
  return (await stat(file)).size;
}

async function checkFile(file: string, size: number, acceptOutliers: boolean): Promise<CandleCheck> {
  const unknown = {
    reason: null,
    row: null,
    found: null,
    expected: null,
    rows: null,
    first: null,
    last: null,
    stepSeconds: null,
    warnings: [],
  };
  if (size > gateDefaults.bytesMax) {
    const limits = { found: `${size} bytes`, expected: `at most ${gateDefaults.bytesMax} bytes` };
    return { file, verdict: 'refused', ...unknown, reason: 'file_too_large', ...limits };
  }
  const verdict = decodeCandleCsv(await readFile(file), { acceptOutliers });
  if (verdict.verdict === 'refused') {
    const { reason, row, found, expected } = verdict;
    return { file, verdict: 'refused', ...unknown, reason, row, found, expected };
  }
  const { rows, first, last, stepSeconds, warnings } = verdict;
  return { file, verdict: 'accepted', ...unknown, rows, first, last, stepSeconds, warnings };
}

function tableOf(checks: readonly CandleCheck[]): string {
  const paint = painter(process.stdout);
  const rows = checks.map((check) =>
    check.verdict === 'accepted'
      ? ['accepted', check.file, acceptedDetail(check)]
      : ['refused ', check.file, refusedDetail(check)],
  );
  const refused = checks.filter((check) => check.verdict === 'refused').length;
  const lines = table(rows)
    .split('\n')
    .map((line) => (line.startsWith('refused') ? paint('red', line) : line));
  return `${lines.join('\n')}\n${checks.length} checked, ${refused} refused`;
}

const day = (unixS: number | null): string =>
  unixS === null ? '?' : new Date(unixS * 1_000).toISOString().slice(0, 16).replace('T', ' ');

function acceptedDetail({ rows, first, last, stepSeconds, warnings }: CandleCheck): string {
  const step = stepSeconds === null ? 'unknown step' : `step ${stepSeconds} s`;
  const warned = warnings.map(({ code, message }) => `; ${code}: ${message}`).join('');
  return `${rows ?? '?'} rows, ${day(first)} to ${day(last)}, ${step}${warned}`;
}

const refusedDetail = ({ reason, row, found, expected }: CandleCheck): string =>
  `${reason ?? '?'}${row === null ? '' : ` in row ${row}`}: found ${found ?? '?'}, expected ${expected ?? '?'}`;
