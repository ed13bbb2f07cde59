/**
 * Every setting of the daemon: what it is for, what it may be, what it is when nobody says, and when a change counts.
 * The file's schema, the names in the environment, the commented example and docs/configuration.md all follow from it.
 */
import { z } from 'zod';
import { defaults as paceDefaults } from '../../actors/backtest-dispatch/settings.js';
import { defaults as retentionDefaults } from '../../actors/db-writes/retention.js';
import { defaultFile } from '../node/paths.js';

/** A secret as it stands in a file: itself, or the name of the environment variable that holds it. */
export type SecretSource = string | { readonly env: string };

/** `now`: at once on reload. `next_job`: for jobs that begin after it. `restart`: when the daemon is started again. */
export type TakesEffect = 'now' | 'next_job' | 'restart';

/** How a value is written in the environment and in flags. */
export type Writing = 'text' | 'number' | 'flag' | 'list' | 'json' | 'secret';

export interface Setting {
  readonly what: string;
  readonly schema: z.ZodType;
  /** In words, for errors and documents. */
  readonly expected: string;
  /** Undefined: nothing stands for it, which the text of `what` explains. */
  readonly fallback: unknown;
  readonly writing: Writing;
  readonly effect: TakesEffect;
  /** Relative paths are meant from the folder of the file that says them. */
  readonly isPath?: true;
  /** What the example shows; its default where there is one. */
  readonly example?: unknown;
}

const whole = (least: number, most: number) => {
  const expected = `a whole number from ${least} to ${most}`;
  return {
    schema: z.int(expected).min(least, expected).max(most, expected),
    expected,
    writing: 'number',
  } as const;
};

const oneOf = <const Names extends readonly [string, ...string[]]>(...names: Names) => {
  const expected = `one of ${names.join(', ')}`;
  return { schema: z.enum(names, expected), expected, writing: 'text' } as const;
};

const matching = (pattern: RegExp, expected: string) =>
  ({ schema: z.string(expected).regex(pattern, expected), expected, writing: 'text' }) as const;

const yesNo = { schema: z.boolean('true or false'), expected: 'true or false', writing: 'flag' } as const;

const place = (expected: string) =>
  ({ schema: z.string(expected).min(1, expected), expected, writing: 'text', isPath: true }) as const;

const places = (expected: string) =>
  ({
    schema: z.array(z.string(expected).min(1, expected), expected).max(100, `${expected}, at most 100`),
    expected,
    writing: 'list',
    isPath: true,
  }) as const;

const envName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const secretText = 'a text, or { "env": "NAME" } for the environment variable that holds it';
const secretSchema = z.union(
  [z.string().min(1), z.strictObject({ env: z.string().regex(envName) })],
  secretText,
);

const laneName = /^[a-z][a-z0-9_-]{0,31}$/;
const laneText =
  'lanes by name (lower case letters, digits, _ and -), each { "webhook": URL or { "env": "NAME" } }';
const lanes = z
  .record(
    z.string().regex(laneName, laneText),
    z.strictObject(
      { webhook: secretSchema },
      { error: unknownOr('{ "webhook": URL or { "env": "NAME" } }') },
    ),
    laneText,
  )
  .refine((found) => Object.keys(found).length <= 32, 'at most 32 lanes');

const topicNames = ['ranks', 'pairs', 'data', 'alerts', 'summary', 'default'] as const;
const topicText = `lanes by topic (${topicNames.join(', ')})`;

/** Zod names unknown keys itself; anything else wrong is told by what was expected. */
function unknownOr(expected: string) {
  return (issue: { readonly code?: string | undefined }): string | undefined =>
    issue.code === 'unrecognized_keys' ? undefined : expected;
}

export const settings = {
  db: {
    what: 'The core database; FILE.trades, FILE.dead-letters and others lie beside it. Its folder is made.',
    ...place('a path'),
    fallback: defaultFile,
    effect: 'restart',
  },
  'inputs.candles': {
    what: 'Folder with SYMBOL_TF.csv files, or one such file; also what jobs take that are submitted without any.',
    ...place('a folder'),
    fallback: undefined,
    effect: 'next_job',
    example: 'candles',
  },
  'inputs.strategies': {
    what: 'Files of strategy records. Each is a job of its own, in this order, at the start and at each reload.',
    ...places('a list of files'),
    fallback: [],
    effect: 'next_job',
    example: ['strategies.sexp'],
  },
  'inputs.symbol': {
    what: 'For records that name no symbol.',
    ...matching(/^[A-Za-z0-9][A-Za-z0-9._#-]{0,31}$/, '1 to 32 letters, digits or . _ # -'),
    fallback: 'USDJPY',
    effect: 'next_job',
  },
  'inputs.acceptOutliers': {
    what: 'Take candle rows whose high or low is ten times away from open and close.',
    ...yesNo,
    fallback: false,
    effect: 'next_job',
  },
  'inputs.pipSizes': {
    what: 'Size of a pip by symbol, where it is neither 0.01 (JPY quotes) nor 0.0001 (other currency pairs).',
    schema: z.record(
      z.string().regex(/^[A-Z0-9._#-]{1,32}$/, 'pip sizes by symbol, in upper case'),
      z.number('a number above 0').positive('a number above 0'),
      'pip sizes by symbol, such as { "XAUUSD": 0.1 }',
    ),
    expected: 'pip sizes by symbol, each a number above 0',
    writing: 'json',
    fallback: {},
    effect: 'next_job',
    example: { XAUUSD: 0.1 },
  },
  'ranks.policy': {
    what: 'Evidence floors for ranks A and S: 50 and 100 trades as documented, or 200 and 200 as in the code.',
    ...oneOf('documented', 'code'),
    fallback: 'documented',
    effect: 'next_job',
  },
  'oos.select': {
    what: 'What is validated out of sample: all that reaches B, or only what meets the figures of A, as Swimmy does.',
    ...oneOf('b', 'a_base'),
    fallback: 'b',
    effect: 'next_job',
  },
  'pairs.mode': {
    what: 'How pairs are formed: strictly, or with the defects of Swimmy, for comparison.',
    ...oneOf('strict', 'compatible'),
    fallback: 'strict',
    effect: 'next_job',
  },
  'dispatch.inFlightMax': {
    what: 'Most backtests out at once; below it the limit follows the latency of the backend.',
    ...whole(1, 10_000),
    fallback: paceDefaults.inFlightMax,
    effect: 'now',
  },
  'dispatch.inFlightMin': {
    what: 'The least that the limit of backtests out at once comes down to.',
    ...whole(1, 10_000),
    fallback: paceDefaults.inFlightMin,
    effect: 'now',
  },
  'dispatch.inFlightBytesMax': {
    what: 'Most bytes of requests out at once.',
    ...whole(1_024, 1_073_741_824),
    fallback: paceDefaults.inFlightBytesMax,
    effect: 'now',
  },
  'dispatch.ratePerS': {
    what: 'Most backtests sent a second; 0 is no limit.',
    ...whole(0, 100_000),
    fallback: paceDefaults.ratePerS,
    effect: 'now',
  },
  'dispatch.batchMax': {
    what: 'Most requests sent at once.',
    ...whole(1, 1_000),
    fallback: paceDefaults.batchMax,
    effect: 'now',
  },
  'dispatch.intervalMs': {
    what: 'Pause between two batches.',
    ...whole(0, 60_000),
    fallback: paceDefaults.intervalMs,
    effect: 'now',
  },
  'retention.requestDays': {
    what: 'Days that ended requests are kept, with their attempts, results and trades; the newest result of each kind stays.',
    ...whole(1, 3_650),
    fallback: retentionDefaults.requestDays,
    effect: 'restart',
  },
  'retention.keyDays': {
    what: 'Days that the key of an ended request is remembered, so that asking again is asking the same.',
    ...whole(1, 3_650),
    fallback: retentionDefaults.keyDays,
    effect: 'restart',
  },
  'retention.verdictsKept': {
    what: 'Verdicts kept of each strategy, newest first; the one that stands always is.',
    ...whole(1, 10_000),
    fallback: retentionDefaults.verdictsKept,
    effect: 'restart',
  },
  'engine.workers': {
    what: 'Threads of the embedded engine; without a value the cores less one.',
    ...whole(1, 256),
    fallback: undefined,
    effect: 'restart',
    example: 3,
  },
  'http.host': {
    what: 'Address that the page and the API listen on; beyond loopback only with a token, which then guards looking too.',
    ...matching(/^[A-Za-z0-9.:-]{1,253}$/, 'an address or a host name'),
    fallback: '127.0.0.1',
    effect: 'restart',
  },
  'http.port': {
    what: 'Port of the page and the API; 0 takes any free one.',
    ...whole(0, 65_535),
    fallback: 0,
    effect: 'restart',
    example: 8_090,
  },
  'http.token': {
    what: 'What changes want; without a value a new one is made at each start and stands in FILE.run.json.',
    schema: secretSchema,
    expected: secretText,
    writing: 'secret',
    fallback: undefined,
    effect: 'restart',
    example: { env: 'HOLDFAST_HTTP_TOKEN' },
  },
  'notifier.lanes': {
    what: 'Webhooks by lane; without any, notifications go to the console.',
    schema: lanes,
    expected: laneText,
    writing: 'json',
    fallback: {},
    effect: 'restart',
    example: {
      research: { webhook: { env: 'RESEARCH_WEBHOOK' } },
      alarms: { webhook: { env: 'ALARMS_WEBHOOK' } },
    },
  },
  'notifier.topics': {
    what: 'The lane of each topic; default is for the topics that are not named.',
    schema: z.partialRecord(z.enum(topicNames, topicText), z.string(topicText), topicText),
    expected: topicText,
    writing: 'json',
    fallback: {},
    effect: 'restart',
    example: { alerts: 'alarms', data: 'alarms', default: 'research' },
  },
  'notifier.alternate': {
    what: 'The lane that is told when another one refuses (401, 403, 404).',
    ...matching(laneName, 'the name of a lane'),
    fallback: undefined,
    effect: 'restart',
    example: 'alarms',
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof settings;

export const settingKeys = Object.keys(settings) as SettingKey[];

export const settingOf = (key: SettingKey): Setting => settings[key];

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settings, key);

/** `http.port` is HOLDFAST_HTTP_PORT, `dispatch.intervalMs` HOLDFAST_DISPATCH_INTERVAL_MS. */
export const envNameOf = (key: SettingKey): string =>
  `HOLDFAST_${key
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\./g, '_')
    .toUpperCase()}`;
