import { environment, readConfigFile } from '../node/config-file.js';
import { loadConfig } from './config-load.js';
import type { ConfigOutcome } from './config-load.js';
import { PipelineFailure } from './failure.js';

/**
 * Reads and checks the configuration that a command was given.
 * @param assignments `KEY=VALUE`, as given with --set
 * @throws PipelineFailure `input_missing` when there is no such file
 */
export async function readConfig(
  file: string | undefined,
  assignments: readonly string[],
): Promise<ConfigOutcome> {
  const env = environment();
  if (file === undefined) return loadConfig({ file: null, env, assignments });
  const read = await readConfigFile(file);
  if (read.ok) return loadConfig({ file: read, env, assignments });
  const expected = 'a configuration file that can be read, of at most 1 MiB';
  if (read.reason === 'missing')
    throw new PipelineFailure(
      'input_missing',
      `${file}: expected ${expected}, found ${read.found}; holdfast config example prints one`,
    );
  return { ok: false, problems: [{ key: 'the file', expected, found: read.found, from: file }] };
}
