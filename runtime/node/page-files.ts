/** The files of the page, read once: they are part of the program. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpReply, HttpRoutes } from '../../actors/operations/ports.js';

const here = path.dirname(fileURLToPath(import.meta.url));

/** The browser's files are not compiled; from dist they lie where their sources lie. */
const folder = [path.join(here, 'page'), path.resolve(here, '../../../runtime/node/page')].find((place) =>
  existsSync(path.join(place, 'index.html')),
);

const names = [
  'page.css',
  'icon.svg',
  'page.js',
  'aged.js',
  'ask.js',
  'dom.js',
  'gates.js',
  'glance.js',
  'lanes.js',
  'letters.js',
  'outcomes.js',
  'pair-list.js',
  'pair-why.js',
  'plots.js',
  'requests.js',
  'strategies.js',
  'strategy-why.js',
  'token.js',
  'tree.js',
  'words.js',
] as const;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @throws when the installation lacks a file of the page */
export function pageFiles(): HttpRoutes {
  if (folder === undefined) throw new Error('the files of the page are not there: install holdfast again');
  const uplot = path.dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const files = new Map<string, string>([
    ['/', path.join(folder, 'index.html')],
    ...names.map((name) => [`/assets/${name}`, path.join(folder, name)] as const),
    ['/assets/uplot.js', path.join(uplot, 'dist/uPlot.esm.js')],
    ['/assets/uplot.css', path.join(uplot, 'dist/uPlot.min.css')],
  ]);
  return new Map([...files].map(([url, file]) => [url, serving(file)]));
}

function serving(file: string): () => HttpReply {
  const body = readFileSync(file, 'utf8');
  const contentType = types[path.extname(file)] ?? 'application/octet-stream';
  return () => ({ status: 200, contentType, body });
}
