/** The configuration of the daemon: heard from everywhere, checked as a whole, all that is wrong told at once. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { isLoopbackHost } from '../node/http-access.js';
import { settingKeys, settingOf } from './config-settings.js';
import type { SecretSource, SettingKey, settings } from './config-settings.js';
import { hearEnvironment, hearFile, hearFlags, shown } from './config-sources.js';
import type { ConfigProblem, Heard, Said } from './config-sources.js';
import type { Environment } from './config-swimmy.js';
import { Secret } from './secret.js';

/** Values as they are written, by key. */
type Written = {
  readonly [Key in SettingKey]:
    z.output<(typeof settings)[Key]['schema']> | Absent<(typeof settings)[Key]['fallback']>;
};
type Absent<Fallback> = Fallback extends undefined ? undefined : never;

/** Values as they are used: secrets are looked up, and show themselves to nobody. */
export type ConfigValues = Omit<Written, 'http.token' | 'notifier.lanes'> & {
  readonly 'http.token': Secret | undefined;
  readonly 'notifier.lanes': Readonly<Record<string, { readonly webhook: Secret }>>;
};

export interface DaemonConfig {
  readonly values: ConfigValues;
  readonly said: ReadonlyMap<SettingKey, Said>;
  /** The file that was read; null when none was given. */
  readonly file: string | null;
  /** Of all values, secrets masked: two configurations that show the same have the same. */
  readonly hash: string;
}

export interface ConfigSources {
  /** The file's name and what stands in it. */
  readonly file: { readonly name: string; readonly text: string } | null;
  readonly env: Environment;
  /** `KEY=VALUE`, as given with --set. */
  readonly assignments: readonly string[];
}

export type ConfigOutcome =
  | { readonly ok: true; readonly config: DaemonConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export function loadConfig({ file, env, assignments }: ConfigSources): ConfigOutcome {
  const heard: Heard = new Map();
  const problems: ConfigProblem[] = [];
  if (file !== null) problems.push(...hearFile(file.name, file.text, heard));
  const fromFile = [...heard.values()].flatMap(({ value }) => [...variablesIn(value)]);
  problems.push(...hearEnvironment(env, new Set(fromFile), heard));
  problems.push(...hearFlags(assignments, heard));
  const written = new Map<SettingKey, unknown>();
  for (const key of settingKeys) {
    const said = heard.get(key);
    const checked = check(key, said);
    if (checked.ok) written.set(key, checked.value);
    else problems.push(...checked.problems);
  }
  const secrets = new SecretLookup(env, problems, (key) => heard.get(key)?.from ?? 'default');
  const values = secrets.valuesOf(Object.fromEntries(written));
  problems.push(...together(values, (key) => heard.get(key)?.from ?? 'default'));
  if (problems.length > 0) return { ok: false, problems };
  const complete = values as ConfigValues;
  return {
    ok: true,
    config: { values: complete, said: heard, file: file?.name ?? null, hash: hashOf(complete) },
  };
}

type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

function check(key: SettingKey, said: Said | undefined): Checked {
  const { schema, fallback, expected } = settingOf(key);
  if (said === undefined) return { ok: true, value: fallback };
  const parsed = schema.safeParse(said.value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue): ConfigProblem[] => {
    const at = [key, ...issue.path.map(String)];
    const { from } = said;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((name) => ({
        key: [...at, name].join('.'),
        expected,
        found: 'a key that does not exist',
        from,
      }));
    const found = valueAt(said.value, issue.path);
    return [
      {
        key: at.join('.'),
        expected: issue.message,
        found: isSecret(key) ? kindOf(found) : shown(found),
        from,
      },
    ];
  });
  return { ok: false, problems };
}

const isSecret = (key: SettingKey): boolean => key === 'http.token' || key === 'notifier.lanes';

const kindOf = (value: unknown): string =>
  value === undefined
    ? 'nothing'
    : value === ''
      ? 'an empty text'
      : typeof value === 'object'
        ? 'an object (hidden)'
        : `a ${typeof value} (hidden)`;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined,
    value,
  );

/** The variables that a value refers to with `{ "env": "NAME" }`. */
function* variablesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name === 'env' && typeof each === 'string') yield each;
    else yield* variablesIn(each);
  }
}

/** Looks secrets up in the environment, and notes those that are not there. */
class SecretLookup {
  constructor(
    readonly env: Environment,
    readonly problems: ConfigProblem[],
    readonly from: (key: SettingKey) => string,
  ) {}

  valuesOf(written: Partial<Written>): Partial<ConfigValues> {
    const { 'http.token': token, 'notifier.lanes': lanes, ...plain } = written;
    const found: Record<string, { readonly webhook: Secret }> = {};
    for (const [name, { webhook }] of Object.entries(lanes ?? {})) {
      const key = `notifier.lanes.${name}.webhook`;
      const secret = this.#look(key, webhook, 'notifier.lanes');
      if (secret === undefined) continue;
      if (isWebUrl(secret.reveal())) found[name] = { webhook: secret };
      else this.#note(key, 'an http or https URL', 'something else (hidden)', 'notifier.lanes');
    }
    return {
      ...plain,
      'http.token': token === undefined ? undefined : this.#token(token),
      ...(lanes === undefined ? {} : { 'notifier.lanes': found }),
    };
  }

  #token(source: SecretSource): Secret | undefined {
    const secret = this.#look('http.token', source, 'http.token');
    if (secret === undefined || /^[\x21-\x7e]{16,1024}$/.test(secret.reveal())) return secret;
    this.#note('http.token', '16 to 1024 printable characters', 'something else (hidden)', 'http.token');
    return undefined;
  }

  #look(key: string, source: SecretSource, setting: SettingKey): Secret | undefined {
    if (typeof source === 'string') return new Secret(source);
    const text = this.env[source.env];
    if (text !== undefined && text !== '') return new Secret(text);
    this.#note(key, `the environment variable ${source.env} to be set`, 'nothing', setting);
    return undefined;
  }

  #note(key: string, expected: string, found: string, setting: SettingKey): void {
    this.problems.push({ key, expected, found, from: this.from(setting) });
  }
}

const isWebUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

/** What makes sense alone and not together. */
function together(
  values: Partial<ConfigValues>,
  from: (key: SettingKey) => string,
): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const host = values['http.host'];
  if (host !== undefined && !isLoopbackHost(host) && values['http.token'] === undefined)
    problems.push({
      key: 'http.host',
      expected: 'an address of loopback, or http.token to be set',
      found: shown(host),
      from: from('http.host'),
    });
  if (values['notifier.lanes'] === undefined) return problems;
  const lanes = Object.keys(values['notifier.lanes']);
  const named: (readonly [key: string, lane: string, setting: SettingKey])[] = Object.entries(
    values['notifier.topics'] ?? {},
  ).map(([topic, lane]) => [`notifier.topics.${topic}`, lane, 'notifier.topics']);
  const alternate = values['notifier.alternate'];
  if (alternate !== undefined) named.push(['notifier.alternate', alternate, 'notifier.alternate']);
  for (const [key, lane, setting] of named)
    if (!lanes.includes(lane)) {
      const known = lanes.length === 0 ? 'there are none' : `there are ${lanes.join(', ')}`;
      problems.push({
        key,
        expected: `a lane of notifier.lanes (${known})`,
        found: shown(lane),
        from: from(setting),
      });
    }
  return problems;
}

function hashOf(values: ConfigValues): string {
  const ordered = settingKeys.map((key) => [key, values[key] ?? null]);
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex').slice(0, 16);
}

/** One line for a person. */
export const problemLine = ({ key, expected, found, from }: ConfigProblem): string =>
  `${key}: expected ${expected}, found ${found} (${from})`;

/** One setting as it is in force. */
export interface ShownSetting {
  readonly key: SettingKey;
  /** Secrets are masked; null when nothing stands for it. */
  readonly value: unknown;
  readonly source: Said['source'];
  readonly from: string;
  readonly takesEffect: string;
}

export const showConfig = ({ values, said }: DaemonConfig): readonly ShownSetting[] =>
  settingKeys.map((key) => ({
    key,
    value: JSON.parse(JSON.stringify(values[key] ?? null)) as unknown,
    source: said.get(key)?.source ?? 'default',
    from: said.get(key)?.from ?? 'default',
    takesEffect: settingOf(key).effect,
  }));
