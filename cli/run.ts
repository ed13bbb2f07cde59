import { Option } from 'commander';
import type { Command } from 'commander';
import { UsageError } from './failure.js';
import { addPipelineOptions, required } from './run-options.js';
import type { PipelineFlags } from './run-options.js';

interface Flags extends PipelineFlags {
  readonly candles?: string;
  readonly strategies?: string;
  readonly symbol: string;
  readonly acceptOutliers: boolean;
  readonly rankPolicy: 'documented' | 'code';
  readonly oosSelect: 'b' | 'a_base';
  readonly pairMode: 'strict' | 'compatible';
}

const help = `
Imports the strategies, checks the candle files, cuts off their newest part, backtests every strategy on the rest, validates
who reaches rank B on what was cut off, decides ranks and pairs, tells what has changed, and prints a summary. Killed at any
point, the same command goes on where it was; run again after its end, it does nothing twice and prints the same counts.

Refused files and failed requests are no failure of the command: the summary lists them.

Examples:
  holdfast run --once --candles data --strategies strategies.sexp
  holdfast run --once --candles data --strategies strategies.sexp --db research/2026.db --json summary.json
  holdfast run --candles data --strategies strategies.sexp --http-port 8080
`;

export function addRun(program: Command): void {
  const run = program
    .command('run')
    .description(
      'Import strategies, check candles, backtest, validate, rank, form pairs, notify, print a summary.',
    )
    .option(
      '--candles <folder>',
      'required: folder with SYMBOL_TF.csv files; its subfolders are not looked at',
    )
    .option('--strategies <file>', 'required: strategy records as S-expressions, one on each line');
  addPipelineOptions(run)
    .option('--symbol <symbol>', 'for records that name none', 'USDJPY')
    .option('--accept-outliers', 'take rows whose high or low is ten times away from open and close', false)
    .addOption(
      new Option('--rank-policy <name>', 'evidence floors of ranks A and S: 50/100 or 200/200 trades')
        .choices(['documented', 'code'])
        .default('documented'),
    )
    .addOption(
      new Option('--oos-select <who>', 'validate all that reaches B, or who meets the figures of A')
        .choices(['b', 'a_base'])
        .default('b'),
    )
    .addOption(
      new Option('--pair-mode <mode>', 'how pairs are formed; compatible repeats the defects of Swimmy')
        .choices(['strict', 'compatible'])
        .default('strict'),
    )
    .addHelpText('after', help)
    .action(async (flags: Flags) => {
      const candles = required(flags.candles, '--candles <folder>');
      const strategies = required(flags.strategies, '--strategies <file>');
      if (!/^[A-Za-z0-9][A-Za-z0-9._#-]{0,31}$/.test(flags.symbol))
        throw new UsageError(
          `--symbol: expected 1 to 32 letters, digits or . _ # -, found ${JSON.stringify(flags.symbol)}`,
        );
      // Loaded here, so that help and wrong flags need no native module.
      const { runPipelineJob } = await import('./pipeline-job.js');
      await runPipelineJob(flags, {
        candles,
        strategies,
        symbol: flags.symbol.toUpperCase(),
        acceptOutliers: flags.acceptOutliers,
        rankPolicy: flags.rankPolicy,
        oosSelect: flags.oosSelect,
        pairMode: flags.pairMode,
      });
    });
}
