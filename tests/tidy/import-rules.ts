/** Who may import whom: the layers of style.md, and the packages that have one home. */
import {
  type Import,
  importsOf,
  isTypeScript,
  offenceAt,
  type Offence,
  packageOf,
  type Source,
} from './sources.js';

/** A layer's files and the layers they may import besides their own. The first that matches a path is its layer. */
interface Layer {
  readonly name: string;
  readonly files: RegExp;
  readonly mayImport: readonly string[];
}

const layers: readonly Layer[] = [
  { name: 'protocols', files: /^protocols\//, mayImport: [] },
  { name: 'the kernel', files: /^actors\/kernel\//, mayImport: ['protocols'] },
  { name: 'actors', files: /^actors\//, mayImport: ['protocols', 'the kernel', 'storage'] },
  { name: 'storage', files: /^storage\//, mayImport: ['protocols'] },
  { name: 'kernel supervisors', files: /^supervisors\/kernel\//, mayImport: ['protocols', 'the kernel'] },
  {
    name: 'supervisors',
    files: /^supervisors\//,
    mayImport: ['protocols', 'the kernel', 'actors', 'kernel supervisors'],
  },
  {
    name: 'runtime',
    files: /^runtime\//,
    mayImport: ['protocols', 'the kernel', 'actors', 'storage', 'kernel supervisors', 'supervisors'],
  },
  { name: 'cli', files: /^cli\//, mayImport: ['protocols', 'runtime'] },
  {
    name: 'bench',
    files: /^bench\//,
    mayImport: [
      'protocols',
      'the kernel',
      'actors',
      'storage',
      'kernel supervisors',
      'supervisors',
      'runtime',
    ],
  },
];

const layerOf = (file: string): Layer | undefined => layers.find(({ files }) => files.test(file));

const offences = (source: Source, judge: (found: Import) => string | null): readonly Offence[] =>
  importsOf(source).flatMap((found) => {
    const what = judge(found);
    return what === null ? [] : [offenceAt(source, found.node, what)];
  });

/** Imports run protocols <- actors <- supervisors <- runtime <- cli, and storage <- its drivers. */
export function againstTheLayers(source: Source): readonly Offence[] {
  const own = layerOf(source.path);
  // cli/launch.mjs stands before the layers: it builds them first.
  if (own === undefined || !isTypeScript(source)) return [];
  return offences(source, ({ target, isOurs }) => {
    if (!isOurs) return null;
    const other = layerOf(target);
    if (other === own || (other !== undefined && own.mayImport.includes(other.name))) return null;
    return `${own.name} imports ${target}`;
  });
}

/** One subsystem sends to another by a typed name from protocols/; it never reaches into its folder. */
export function acrossSubsystems(source: Source): readonly Offence[] {
  const slugOf = (file: string): string | undefined => /^actors\/([^/]+)\//.exec(file)?.[1];
  const own = slugOf(source.path);
  if (own === undefined) return [];
  return offences(source, ({ target, isOurs }) => {
    const other = isOurs ? slugOf(target) : undefined;
    return other === undefined || other === own || other === 'kernel' ? null : `${own} imports ${target}`;
  });
}

/** Nothing shipped depends on the programs, and nothing shipped imports the tests. */
export function ofProgramsOrTests(source: Source): readonly Offence[] {
  return offences(source, ({ target, isOurs }) => {
    if (!isOurs) return null;
    if (target.startsWith('cli/') && !/^(cli|tests)\//.test(source.path)) return `imports ${target}`;
    if (target.startsWith('tests/') && !source.path.startsWith('tests/')) return `imports ${target}`;
    return null;
  });
}

/** A native or foreign part is met in one place, where its hazards are known. Tests and benchmarks may meet it too. */
const homes: Readonly<Record<string, RegExp>> = {
  // And where the guide shows how its users move over.
  nact: /^(actors\/kernel\/nact-host\.ts|docs\/examples\/from-nact\.mjs)$/,
  'better-sqlite3': /^storage\//,
  zeromq: /^runtime\/node\//,
};

export function outsideTheirHome(source: Source): readonly Offence[] {
  if (/^(tests|bench)\//.test(source.path)) return [];
  return offences(source, ({ target, isOurs }) => {
    if (isOurs) return null;
    const name = packageOf(target);
    const home = Object.hasOwn(homes, name) ? homes[name] : undefined;
    return home === undefined || home.test(source.path) ? null : `imports ${name}`;
  });
}

export const isKernel = ({ path }: Source): boolean => /^(actors|supervisors)\/kernel\//.test(path);

/** The kernel can be published alone: nact is all it needs. */
export function ofTheKernel(source: Source): readonly Offence[] {
  if (!isKernel(source)) return [];
  return offences(source, ({ target, isOurs }) =>
    isOurs || target.startsWith('node:') || packageOf(target) === 'nact'
      ? null
      : `the kernel imports ${target}`,
  );
}
