/** Where values come from: the file, the environment, the flags. What is said later wins; nothing is merged within a key. */
import path from 'node:path';
import { envNameOf, isSettingKey, settingKeys, settingOf } from './config-settings.js';
import type { SettingKey } from './config-settings.js';
import { fromSwimmy } from './config-swimmy.js';
import type { Environment } from './config-swimmy.js';
import { parseConfigText } from './config-text.js';

export type SourceKind = 'default' | 'file' | 'env' | 'flag';

/** A value before it is checked, and where it was said. */
export interface Said {
  readonly value: unknown;
  readonly source: SourceKind;
  /** The file, the variable or the flag, for people. */
  readonly from: string;
}

export interface ConfigProblem {
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  readonly from: string;
}

export type Heard = Map<SettingKey, Said>;

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts what the file says into `heard`. */
export function hearFile(file: string, text: string, heard: Heard): readonly ConfigProblem[] {
  const parsed = parseConfigText(text);
  if (!parsed.ok) {
    const { line, column, problem } = parsed;
    return [{ key: `line ${line}, column ${column}`, expected: 'JSON', found: problem, from: file }];
  }
  const problems: ConfigProblem[] = [];
  const walk = (value: unknown, at: string): void => {
    if (isSettingKey(at)) {
      heard.set(at, { value: placed(at, value, path.dirname(file)), source: 'file', from: file });
      return;
    }
    const below = namesBelow(at);
    if (below.length === 0) problems.push(unknownKey(at, file));
    else if (!isPlain(value))
      problems.push({
        key: at === '' ? 'the file' : at,
        expected: `an object with ${below.join(', ')}`,
        found: shown(value),
        from: file,
      });
    else for (const [name, each] of Object.entries(value)) walk(each, at === '' ? name : `${at}.${name}`);
  };
  walk(parsed.value, '');
  return problems;
}

/** The names that may stand in the group, in their order. */
const namesBelow = (group: string): readonly string[] => {
  const prefix = group === '' ? '' : `${group}.`;
  const below = settingKeys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return [...new Set(below.map((rest) => rest.split('.')[0] ?? rest))];
};

function unknownKey(key: string, from: string): ConfigProblem {
  const dot = key.lastIndexOf('.');
  const known = namesBelow(dot === -1 ? '' : key.slice(0, dot));
  return { key, expected: `one of ${known.join(', ')}`, found: 'a key that does not exist', from };
}

function placed(key: SettingKey, value: unknown, folder: string): unknown {
  if (settingOf(key).isPath !== true) return value;
  const resolve = (each: unknown): unknown =>
    typeof each === 'string' && each !== '' ? path.resolve(folder, each) : each;
  return Array.isArray(value) ? value.map(resolve) : resolve(value);
}

/** Puts what the environment says into `heard`. @param referred variables that the configuration itself names */
export function hearEnvironment(
  env: Environment,
  referred: ReadonlySet<string>,
  heard: Heard,
): readonly ConfigProblem[] {
  const hasLanes = heard.has('notifier.lanes') || (env[envNameOf('notifier.lanes')] ?? '') !== '';
  for (const [key, { value, name }] of fromSwimmy(env)) {
    if (hasLanes && (key === 'notifier.lanes' || key === 'notifier.topics')) continue;
    heard.set(key, { value: placed(key, value, '.'), source: 'env', from: name });
  }
  const names = new Map<string, SettingKey>(settingKeys.map((key) => [envNameOf(key), key]));
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env)) {
    const key = names.get(name);
    if (key !== undefined && text !== undefined && text !== '')
      heard.set(key, { value: placed(key, written(key, text), '.'), source: 'env', from: name });
    else if (key === undefined && name.startsWith('HOLDFAST_') && !referred.has(name))
      problems.push({
        key: name,
        expected: 'a variable of a setting, such as HOLDFAST_HTTP_PORT (see holdfast config show)',
        found: 'a variable that does not exist',
        from: 'the environment',
      });
  }
  return problems;
}

/** Puts what `--set KEY=VALUE` says into `heard`. */
export function hearFlags(assignments: readonly string[], heard: Heard): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const key = at === -1 ? assignment : assignment.slice(0, at);
    if (at === -1) problems.push({ key, expected: 'KEY=VALUE', found: 'no value', from: '--set' });
    else if (!isSettingKey(key)) problems.push(unknownKey(key, '--set'));
    else
      heard.set(key, {
        value: placed(key, written(key, assignment.slice(at + 1)), '.'),
        source: 'flag',
        from: `--set ${key}`,
      });
  }
  return problems;
}

/** A text as the value that it stands for; what it cannot stand for stays a text, and is refused as that. */
function written(key: SettingKey, text: string): unknown {
  switch (settingOf(key).writing) {
    case 'text':
      return text;
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'flag':
      return /^(true|1|yes|on)$/i.test(text) ? true : /^(false|0|no|off)$/i.test(text) ? false : text;
    case 'list':
      return text.trim().startsWith('[')
        ? json(text)
        : text.split(path.delimiter).filter((each) => each !== '');
    case 'json':
      return json(text);
    case 'secret':
      return text.trim().startsWith('{') ? json(text) : text;
  }
}

function json(text: string): unknown {
  const parsed = parseConfigText(text);
  return parsed.ok ? parsed.value : text;
}

/** A value for people, short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
