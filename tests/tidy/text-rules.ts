/** What a file may contain, how long it may be, and what it may be called. */
import ts from 'typescript';
import { importsOf, isCode, isTypeScript, offenceAt, type Offence, type Source, walk } from './sources.js';
import { isKernel } from './import-rules.js';

/** Where the real world may be touched; a trailing slash is a folder. Elsewhere it comes in as a capability. */
const worldly = ['runtime/node/', 'cli/', 'scripts/', 'tests/', 'bench/'];

/** Exceptions, each with its reason. */
const allowed: Readonly<Record<string, { readonly names: readonly string[]; readonly reason: string }>> = {
  'storage/reader/thread.ts': {
    names: ['performance.now', 'node:perf_hooks'],
    reason: 'the entry of a thread, which has nobody to be given a clock by',
  },
  'storage/thread/channel.ts': {
    names: ['queueMicrotask'],
    reason: 'gathers the calls of one turn of the loop into one message; nothing waits for a time',
  },
  'actors/kernel/nact-host.ts': {
    names: ['setImmediate', 'queueMicrotask', 'setInterval'],
    reason:
      'the host wakes the run queue and holds the event loop open; the simulation host stands in for it',
  },
};

const worldlyCalls = new Set([
  'Date.now',
  'Math.random',
  'process.env',
  'process.hrtime',
  'performance.now',
  'crypto.randomUUID',
]);
const worldlyNames = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'console',
  'randomUUID',
]);
const worldlyModules = new Set(['node:timers', 'node:timers/promises', 'node:perf_hooks']);

/** Time, timers, randomness, environment and console outside the folders that own them. */
export function worldTouched(source: Source): readonly Offence[] {
  if (!isTypeScript(source) || worldly.some((folder) => source.path.startsWith(folder))) return [];
  const exceptions = Object.hasOwn(allowed, source.path) ? (allowed[source.path]?.names ?? []) : [];
  const found: Offence[] = [];
  const add = (node: ts.Node, what: string): void => {
    if (!exceptions.includes(what)) found.push(offenceAt(source, node, what));
  };
  walk(source, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      const text = node.getText().replace(/^globalThis\./, '');
      if (worldlyCalls.has(text) || (text !== node.getText() && worldlyNames.has(text))) add(node, text);
    } else if (ts.isIdentifier(node) && worldlyNames.has(node.text) && !isMemberName(node)) {
      add(node, node.text);
    } else if (isCurrentDate(node)) {
      add(node, 'new Date()');
    }
  });
  for (const { target, node } of importsOf(source)) if (worldlyModules.has(target)) add(node, target);
  return found;
}

/** `clock.setTimeout` and the declaration of such a member are somebody's port, not the global. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertySignature(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isPropertyAssignment(parent)) &&
      parent.name === node)
  );
}

function isCurrentDate(node: ts.Node): boolean {
  const isDate = (called: ts.Expression): boolean => ts.isIdentifier(called) && called.text === 'Date';
  if (ts.isNewExpression(node)) return isDate(node.expression) && (node.arguments?.length ?? 0) === 0;
  return ts.isCallExpression(node) && isDate(node.expression);
}

/** The type that switches the compiler off. */
export function anyTypes(source: Source): readonly Offence[] {
  if (!isTypeScript(source)) return [];
  const found: Offence[] = [];
  walk(source, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(offenceAt(source, node, 'any'));
  });
  return found;
}

const lines = (source: Source, pattern: RegExp, what: string): readonly Offence[] =>
  source.text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${source.path}:${index + 1}: ${what}`] : []));

// The patterns are put together from pieces, so that these rules do not find themselves.
const silencers = new RegExp(['@ts-' + 'ignore', '@ts-' + 'nocheck', 'eslint' + '-disable'].join('|'));
const expectedErrors = new RegExp('@ts-' + 'expect-error');

/** Comments that silence the compiler or the linter. A test may expect a type error, since that is what it tests. */
export function silencing(source: Source): readonly Offence[] {
  if (!isCode(source)) return [];
  const expecting = source.path.startsWith('tests/')
    ? []
    : lines(source, expectedErrors, 'expects a type error');
  return [...lines(source, silencers, 'silences a check'), ...expecting];
}

/** The kernel knows no trading. */
export function tradingInTheKernel(source: Source): readonly Offence[] {
  return isKernel(source)
    ? lines(source, /backtest|\btrad(e|es|ing)\b|candle|\bstrategy rank/i, 'speaks of trading')
    : [];
}

export const LINES_MAX = 500;

/** Past this, look for the second idea in the file. */
export function tooLong(source: Source): readonly Offence[] {
  const count = source.text.split('\n').length - 1;
  return isCode(source) && count > LINES_MAX ? [`${source.path}: ${count} lines`] : [];
}

/** Files that are named by custom, not by us. */
const customary = /^(README|LICENSE|CHANGELOG|CONTRIBUTING)(\.md)?$/;
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;

export const notKebabCase = ({ path }: Source): readonly Offence[] =>
  path.split('/').every((part) => part.startsWith('.') || customary.test(part) || kebab.test(part))
    ? []
    : [path];

const empty = ['manager', 'helper', 'util', 'utils', 'utility', 'utilities', 'misc'];
const isEmptyWord = (word: string): boolean => empty.includes(word) || empty.includes(word.replace(/s$/, ''));
const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);

/** Names that say nothing, of files and of what they declare. An imported name is its maker's. */
export function emptyNames(source: Source): readonly Offence[] {
  const found: Offence[] = wordsOf(source.path).some(isEmptyWord) ? [`${source.path}: the file's name`] : [];
  if (!isTypeScript(source)) return found;
  walk(source, (node) => {
    if (!ts.isIdentifier(node) || !isDeclaredHere(node)) return;
    if (wordsOf(node.text).some(isEmptyWord)) found.push(offenceAt(source, node, node.text));
  });
  return found;
}

function isDeclaredHere(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isPropertySignature(parent)) &&
    parent.name === node
  );
}

const machineFolders = ['work', 'root', 'home', 'Users', 'tmp', 'private'].join('|');
const machinePath = new RegExp(`(^|[\\s'"\`(=:,])/(${machineFolders})/[\\w.-]`);
const registryHost = new RegExp(
  ['//' + 'regis' + 'try\\.', 'npm' + 'js\\.(org|com)', 'localhost:' + '4873'].join('|'),
);

/** Folders of one machine, and hosts from which one machine installs: neither is true elsewhere. */
export const machineTraces = (source: Source): readonly Offence[] => [
  ...lines(source, machinePath, 'a path of one machine'),
  ...lines(source, registryHost, 'a package host'),
];
