/** The settings as documents: a commented example file, and the tables of docs/configuration.md. */
import { envNameOf, settingKeys, settingOf } from './config-settings.js';
import type { SettingKey, TakesEffect } from './config-settings.js';
import { swimmyLanes, swimmyNames } from './config-swimmy.js';

const effects: Readonly<Record<TakesEffect, string>> = {
  now: 'at once on reload',
  next_job: 'for the next job',
  restart: 'at the next start',
};

/** A file with every setting: those that have a default are commented out, beside what they mean. */
export function configExample(): string {
  const lines = [
    '// Configuration of holdfast start: JSON with comments. What is commented out shows its default, or an example.',
    '// Relative paths are meant from the folder of this file. holdfast config check FILE tells what is wrong.',
    '{',
  ];
  let group = '';
  for (const key of settingKeys) {
    const [head = '', tail] = key.split('.');
    const next = tail === undefined ? '' : head;
    if (next !== group) {
      if (group !== '') lines.push('  },');
      if (next !== '') lines.push(`  "${next}": {`);
      group = next;
    }
    const indent = group === '' ? '  ' : '    ';
    const { what, effect, example, fallback } = settingOf(key);
    const value = JSON.stringify(example ?? fallback);
    const isInForce = key === 'inputs.candles' || key === 'inputs.strategies';
    lines.push(`${indent}// ${what} (${effects[effect]}; ${envNameOf(key)})`);
    lines.push(`${indent}${isInForce ? '' : '// '}"${tail ?? head}": ${value},`);
  }
  return `${[...lines, '  },', '}'].join('\n')}\n`;
}

/** The tables of docs/configuration.md; a test holds the document to them. */
export function configTables(): string {
  const settings = rows(
    ['key', 'what it is for', 'expected', 'default', 'a change counts'],
    settingKeys.map((key) => [
      code(key),
      settingOf(key).what,
      settingOf(key).expected,
      defaultOf(key),
      effectOf(key),
    ]),
  );
  const names = rows(
    ['variable', 'stands for'],
    [
      ...Object.entries(swimmyNames).map(([name, { what }]) => [code(name), what]),
      ...Object.entries(swimmyLanes).map(([name, lane]) => [
        code(name),
        `the webhook of the lane ${code(lane)}, and the topics that go there, where no lanes are configured`,
      ]),
      [code('SWIMMY_DISABLE_DISCORD'), 'when truthy, the three webhooks above are passed over'],
    ],
  );
  return `## Settings\n\n${settings}\n\n## Names of Swimmy\n\n${names}\n`;
}

const code = (text: string): string => `\`${text}\``;
const effectOf = (key: SettingKey): string => effects[settingOf(key).effect];

function defaultOf(key: SettingKey): string {
  const { fallback } = settingOf(key);
  return fallback === undefined ? 'none' : code(JSON.stringify(fallback));
}

const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`)
    .join('\n');
