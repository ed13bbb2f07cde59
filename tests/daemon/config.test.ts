/** The configuration of the daemon: what is wrong is told by key, secrets by nobody. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { configExample, configTables } from '../../runtime/pipeline/config-example.js';
import { loadConfig, problemLine, showConfig } from '../../runtime/pipeline/config-load.js';
import type { DaemonConfig } from '../../runtime/pipeline/config-load.js';
import { envNameOf, settingKeys } from '../../runtime/pipeline/config-settings.js';
import { parseConfigText } from '../../runtime/pipeline/config-text.js';

const file = path.resolve('somewhere/holdfast.jsonc');

interface Given {
  readonly text?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly set?: readonly string[];
}

const load = ({ text, env = {}, set = [] }: Given) =>
  loadConfig({ file: text === undefined ? null : { name: file, text }, env, assignments: set });

function good(given: Given): DaemonConfig {
  const outcome = load(given);
  if (!outcome.ok) throw new Error(outcome.problems.map(problemLine).join('\n'));
  return outcome.config;
}

const wrong = (given: Given): readonly string[] => {
  const outcome = load(given);
  return outcome.ok ? [] : outcome.problems.map(problemLine);
};

describe('a configuration', () => {
  test.each<[string, Given, RegExp]>([
    [
      'an unknown key',
      { text: '{"http":{"prot":1}}' },
      /^http\.prot: expected one of host, port, token, found a key that does not exist \(.*holdfast\.jsonc\)$/,
    ],
    [
      'an unknown group',
      { text: '{"htpp":{}}' },
      /^htpp: expected one of db, inputs, .*, found a key that does not exist/,
    ],
    [
      'a value where a group belongs',
      { text: '{"http":8090}' },
      /^http: expected an object with host, port, token, found 8090/,
    ],
    ['a list instead of a file', { text: '[]' }, /^the file: expected an object with db, .*, found \[\]/],
    [
      'a wrong type',
      { text: '{"http":{"port":"eighty"}}' },
      /^http\.port: expected a whole number from 0 to 65535, found "eighty"/,
    ],
    [
      'a number with a fraction',
      { text: '{"dispatch":{"batchMax":1.5}}' },
      /^dispatch\.batchMax: expected a whole number from 1 to 1000, found 1\.5/,
    ],
    [
      'a value out of range',
      { set: ['engine.workers=0'] },
      /^engine\.workers: expected a whole number from 1 to 256, found 0 \(--set engine\.workers\)$/,
    ],
    [
      'a name that does not exist',
      { text: '{"ranks":{"policy":"mild"}}' },
      /^ranks\.policy: expected one of documented, code, found "mild"/,
    ],
    [
      'a list of something else',
      { text: '{"inputs":{"strategies":[1]}}' },
      /^inputs\.strategies\.0: expected a list of files, found 1/,
    ],
    [
      'a pip that is none',
      { text: '{"inputs":{"pipSizes":{"XAUUSD":0}}}' },
      /^inputs\.pipSizes\.XAUUSD: expected a number above 0, found 0/,
    ],
    [
      'a text that is no number in the environment',
      { env: { HOLDFAST_HTTP_PORT: 'x' } },
      /^http\.port: .* found "x" \(HOLDFAST_HTTP_PORT\)$/,
    ],
    [
      'a variable that does not exist',
      { env: { HOLDFAST_HTTP_PROT: '1' } },
      /^HOLDFAST_HTTP_PROT: expected a variable of a setting/,
    ],
    [
      'a flag that does not exist',
      { set: ['http.prot=1'] },
      /^http\.prot: expected one of host, port, token/,
    ],
    ['a flag without a value', { set: ['http.port'] }, /^http\.port: expected KEY=VALUE, found no value/],
    [
      'a secret that is not there',
      { text: '{"http":{"token":{"env":"NOT_SET"}}}' },
      /^http\.token: expected the environment variable NOT_SET to be set, found nothing/,
    ],
    [
      'a webhook that is no URL',
      { text: '{"notifier":{"lanes":{"a":{"webhook":"nonsense"}}}}' },
      /^notifier\.lanes\.a\.webhook: expected an http or https URL, found something else \(hidden\)/,
    ],
    [
      'an unknown key of a lane',
      { text: '{"notifier":{"lanes":{"a":{"webhook":"https://h/1","colour":2}}}}' },
      /^notifier\.lanes\.a\.colour: .* found a key that does not exist/,
    ],
    [
      'a topic of no lane',
      { text: '{"notifier":{"topics":{"ranks":"b"}}}' },
      /^notifier\.topics\.ranks: expected a lane of notifier\.lanes \(there are none\), found "b"/,
    ],
    [
      'a topic that does not exist',
      { text: '{"notifier":{"topics":{"rank":"b"}}}' },
      /^notifier\.topics\.rank: expected lanes by topic/,
    ],
    [
      'an address beyond loopback without a token',
      { set: ['http.host=0.0.0.0'] },
      /^http\.host: expected an address of loopback, or http\.token to be set, found "0\.0\.0\.0"/,
    ],
    [
      'text that is no JSON',
      { text: '{\n  "db": oops }' },
      /^line 2, column 9: expected JSON, found something else/,
    ],
    [
      "Swimmy's names with nonsense",
      { env: { SWIMMY_BACKTEST_WORKERS: 'many' } },
      /^engine\.workers: .* found "many" \(SWIMMY_BACKTEST_WORKERS\)$/,
    ],
  ])('is refused for %s', (_what, given, line) => {
    const lines = wrong(given);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });

  test('is told all that is wrong with it at once', () => {
    const text = '{"http":{"port":-1,"prot":2},"pairs":{"mode":3}}';
    expect(wrong({ text, env: { HOLDFAST_NO: '1' }, set: ['oos.select=c'] })).toHaveLength(5);
  });

  test('is taken from the flag, else the environment, else the file, else the default', () => {
    const text = '{"http":{"port":1},"dispatch":{"batchMax":2},"engine":{"workers":3}}';
    const env = { HOLDFAST_HTTP_PORT: '11', HOLDFAST_DISPATCH_BATCH_MAX: '12' };
    const { values } = good({ text, env, set: ['http.port=21'] });
    expect(values['http.port']).toBe(21);
    expect(values['dispatch.batchMax']).toBe(12);
    expect(values['engine.workers']).toBe(3);
    expect(values['inputs.symbol']).toBe('USDJPY');
    const sources = new Map(
      showConfig(good({ text, env, set: ['http.port=21'] })).map(({ key, from }) => [key, from]),
    );
    expect(sources.get('http.port')).toBe('--set http.port');
    expect(sources.get('dispatch.batchMax')).toBe('HOLDFAST_DISPATCH_BATCH_MAX');
    expect(sources.get('engine.workers')).toBe(file);
    expect(sources.get('inputs.symbol')).toBe('default');
  });

  test('takes paths of a file from its folder, and others from the current one', () => {
    const text = '{"inputs":{"strategies":["a.sexp"],"candles":"c"}}';
    const { values } = good({ text, set: ['db=d.db'] });
    expect(values['inputs.strategies']).toEqual([path.resolve('somewhere/a.sexp')]);
    expect(values['inputs.candles']).toBe(path.resolve('somewhere/c'));
    expect(values.db).toBe(path.resolve('d.db'));
  });

  test("understands Swimmy's names, below its own", () => {
    const env = {
      SWIMMY_BACKTEST_MAX_PENDING: '500',
      SWIMMY_BACKTEST_RATE_LIMIT: '140',
      SWIMMY_BACKTEST_WORKERS: '6',
      SWIMMY_DISCORD_ALERTS: 'https://hooks.example/alerts',
      HOLDFAST_ENGINE_WORKERS: '2',
    };
    const { values } = good({ env });
    expect(values['dispatch.inFlightMax']).toBe(500);
    expect(values['dispatch.ratePerS']).toBe(140);
    expect(values['engine.workers']).toBe(2);
    expect(Object.keys(values['notifier.lanes'])).toEqual(['alerts']);
    expect(values['notifier.topics']).toMatchObject({ ranks: 'alerts', default: 'alerts' });
    const lanes = '{"notifier":{"lanes":{"own":{"webhook":"https://hooks.example/own"}}}}';
    expect(Object.keys(good({ env, text: lanes }).values['notifier.lanes'])).toEqual(['own']);
  });
});

describe('secrets', () => {
  const secret = 'a-very-secret-token-0123456789';
  const given: Given = {
    text: `{"http":{"token":{"env":"T"}},"notifier":{"lanes":{"a":{"webhook":"https://h.example/${secret}"}}}}`,
    env: { T: secret },
  };

  test('are there for who asks by name, and in no print of any kind', () => {
    const config = good(given);
    expect(config.values['http.token']?.reveal()).toBe(secret);
    const prints = [
      JSON.stringify(showConfig(config)),
      JSON.stringify(config.values),
      inspect(config.values, { depth: 9 }),
    ];
    for (const print of prints) expect(print).not.toContain(secret);
    expect(JSON.stringify(showConfig(config))).toContain('(secret)');
  });

  test('are not in errors either', () => {
    const lines = [
      ...wrong({ text: `{"http":{"token":["${secret}"]}}` }),
      ...wrong({ text: `{"notifier":{"lanes":{"a":{"webhook":["${secret}"]}}}}` }),
      ...wrong({ text: `{"notifier":{"lanes":"${secret}"}}` }),
      ...wrong({ text: `{"http":{"token":"${secret}` }),
      ...wrong({ set: [`http.token=x y ${secret}`] }),
    ];
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(line).not.toContain(secret);
  });
});

describe('the text of a configuration', () => {
  test('is read as JSON where it is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(parseConfigText(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
      }),
    );
  });

  test('may have comments and last commas, which in a text are text', () => {
    const text = '{ // one\n "a": "// no, /* nor */ ,}", /* two\n */ "b": [1, 2, ], // three\n }';
    expect(parseConfigText(text)).toEqual({ ok: true, value: { a: '// no, /* nor */ ,}', b: [1, 2] } });
  });

  test('says where it is wrong, without saying what stands there', () => {
    expect(parseConfigText('{\n "a": hush }')).toMatchObject({ ok: false, line: 2, column: 7 });
    expect(JSON.stringify(parseConfigText('{\n "a": hush }'))).not.toContain('hush');
  });
});

describe('documents', () => {
  test('the example loads, and so does each of its lines that are commented out', () => {
    const env = {
      HOLDFAST_HTTP_TOKEN: 'x'.repeat(43),
      RESEARCH_WEBHOOK: 'https://h.example/1',
      ALARMS_WEBHOOK: 'https://h.example/2',
    };
    expect(wrong({ text: configExample() })).toEqual([]);
    expect(wrong({ text: configExample().replace(/^( *)\/\/ (?=")/gm, '$1'), env })).toEqual([]);
  });

  test('the example has every setting, with its variable', () => {
    for (const key of settingKeys) {
      expect(configExample()).toContain(`"${key.split('.').at(-1)}":`);
      expect(configExample()).toContain(envNameOf(key));
    }
  });

  test('docs/configuration.md tells the settings as they are', () => {
    const squeezed = (text: string): string => text.replace(/-{3,}/g, '---').replace(/[ ]+/g, ' ');
    expect(squeezed(readFileSync('docs/configuration.md', 'utf8'))).toContain(
      squeezed(configTables()).trim(),
    );
  });
});
