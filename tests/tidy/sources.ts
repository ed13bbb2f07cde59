/** The repository's own files, and what the tidy rules ask of their syntax. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Source {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** What breaks a rule and where, as `path:line: what`. */
export type Offence = string;

export const repository = path.resolve(__dirname, '../..');

/** Every text file that is in the repository or about to be; a copy without git is read as it lies. */
export function repositoryFiles(): readonly Source[] {
  return listFiles()
    .filter((file) => existsSync(path.join(repository, file)))
    .map((file) => ({ path: file, text: readFileSync(path.join(repository, file), 'utf8') }));
}

function listFiles(): readonly string[] {
  if (existsSync(path.join(repository, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repository,
    });
    return [...new Set(listed.toString().split('\0').filter(Boolean))];
  }
  const generated = /^(node_modules|dist|coverage|holdfast-data)(\/|$)/;
  return readdirSync(repository, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(repository, path.join(entry.parentPath, entry.name)))
    .filter((file) => !generated.test(file));
}

export const isTypeScript = ({ path: file }: Source): boolean => file.endsWith('.ts');
export const isCode = ({ path: file }: Source): boolean => /\.(ts|mjs|js)$/.test(file);

const parsed = new WeakMap<Source, ts.SourceFile>();

export function parse(source: Source): ts.SourceFile {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true);
  parsed.set(source, tree);
  return tree;
}

/** Calls `visit` with every node, parents first. */
export function walk(source: Source, visit: (node: ts.Node) => void): void {
  const descend = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, descend);
  };
  descend(parse(source));
}

export function offenceAt(source: Source, node: ts.Node, what: string): Offence {
  const tree = parse(source);
  const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
  return `${source.path}:${line + 1}: ${what}`;
}

export interface Import {
  /** A path from the root without ending (`protocols/name`), or a package or built-in as it was written. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly node: ts.Node;
}

/** Static, re-exporting, dynamic and type imports (`import('x').Y`), and `require`. */
export function importsOf(source: Source): readonly Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isOurs = specifier.text.startsWith('.');
    const target = isOurs
      ? path.posix.join(path.posix.dirname(source.path), specifier.text).replace(/\.(js|mjs|ts)$/, '')
      : specifier.text;
    found.push({ target, isOurs, node });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node, node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node, node.argument.literal);
    else if (ts.isExternalModuleReference(node)) add(node, node.expression);
    else if (ts.isCallExpression(node)) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      if (isRequire || node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0]);
    }
  });
  return found;
}

/** `kysely/helpers/sqlite` is of package `kysely`; `@a/b/c` of `@a/b`. */
export const packageOf = (target: string): string =>
  target.split('/', target.startsWith('@') ? 2 : 1).join('/');
