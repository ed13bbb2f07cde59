import type { Command } from 'commander';
import { configExample } from '../runtime/pipeline/config-example.js';
import { readConfig } from '../runtime/pipeline/config-read.js';
import { problemLine, showConfig } from '../runtime/pipeline/config-load.js';
import type { ConfigOutcome } from '../runtime/pipeline/config-load.js';
import { PipelineFailure } from '../runtime/pipeline/failure.js';
import { painter, print, printJson, table } from './output.js';

/** The flags of every command that goes by a configuration. */
export interface ConfigFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const addConfigOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'the configuration: JSON with comments')
    .option('--set <key=value>', 'one setting, over file and environment; may be repeated', collect);

const help = `
A setting is taken from the first that says it: --set KEY=VALUE, the environment (HOLDFAST_HTTP_PORT for http.port), the
file, the default. Secrets are never shown. docs/configuration.md lists the settings.

Examples:
  holdfast config example > holdfast.jsonc
  holdfast config check holdfast.jsonc
  holdfast config show --config holdfast.jsonc --set http.port=8090
`;

export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('The configuration of holdfast start: check it, show what is in force, print an example.')
    .addHelpText('after', help);
  config
    .command('check')
    .description(
      'Say all that is wrong with a configuration, by key, and end with 78; 0 when it can be used.',
    )
    .argument('<file>', 'JSON with comments')
    .option('--json', 'as JSON', false)
    .action(async (file: string, { json }: { readonly json: boolean }) => {
      const outcome = await readConfig(file, []);
      const problems = outcome.ok ? [] : outcome.problems;
      if (json) await printJson({ ok: outcome.ok, problems, hash: outcome.ok ? outcome.config.hash : null });
      if (!outcome.ok) throw configFailure(file, outcome, json);
      if (!json) await print(`${file} can be used (${outcome.config.hash})`);
    });
  addConfigOptions(config.command('show'))
    .description('What is in force with this file, environment and flags, and who said it.')
    .option('--json', 'as JSON', false)
    .action(async ({ config: file, set = [], json }: ConfigFlags & { readonly json: boolean }) => {
      const outcome = await readConfig(file, set);
      if (!outcome.ok) throw configFailure(file, outcome);
      const shown = showConfig(outcome.config);
      if (json) return printJson({ hash: outcome.config.hash, settings: shown });
      const paint = painter(process.stdout);
      const lines = shown.map(({ key, value, source, from }) => [
        key,
        value === null ? '-' : JSON.stringify(value),
        source === 'default' ? 'default' : from,
      ]);
      return print(`${table(lines)}\n${paint('dim', `configuration ${outcome.config.hash}`)}`);
    });
  config
    .command('example')
    .description('A commented example with every setting, to be redirected into a file.')
    .action(() => print(configExample()));
}

/** All that is wrong, a line each. */
export function configFailure(
  file: string | undefined,
  { problems }: Extract<ConfigOutcome, { readonly ok: false }>,
  isListed = false,
): PipelineFailure {
  const count = `${problems.length} ${problems.length === 1 ? 'setting' : 'settings'}`;
  const head = `${file ?? 'the configuration'} cannot be used, ${count} wrong`;
  return new PipelineFailure('configuration', head, {
    details: isListed ? [] : problems.map(problemLine),
  });
}
