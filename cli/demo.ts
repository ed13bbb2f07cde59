import path from 'node:path';
import type { Command } from 'commander';
import { defaultFolder } from '../runtime/node/paths.js';
import { addPipelineOptions } from './run-options.js';
import type { PipelineFlags } from './run-options.js';

const help = `
Writes sample candles and strategies to ${defaultFolder}/samples (synthetic: made from a seed, not market data), runs the whole
pipeline on them, and stays up with its page until Ctrl-C. This is what npm start does.

Examples:
  holdfast demo
  holdfast demo --once
`;

export function addDemo(program: Command): void {
  const demo = program
    .command('demo')
    .description('The whole pipeline on sample candles and strategies, in the current folder.');
  addPipelineOptions(demo, path.join(defaultFolder, 'demo.db'))
    .addHelpText('after', help)
    .action(async (flags: PipelineFlags) => {
      // Loaded here, so that help and wrong flags need no native module.
      const { prepareSamples } = await import('../runtime/pipeline/samples.js');
      const { candlesFolder, strategiesFile } = await prepareSamples(path.resolve(defaultFolder, 'samples'));
      const { runPipelineJob } = await import('./pipeline-job.js');
      await runPipelineJob(flags, {
        candles: candlesFolder,
        strategies: strategiesFile,
        symbol: 'USDJPY',
        acceptOutliers: false,
      });
    });
}
