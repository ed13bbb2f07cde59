import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** From dist and from the sources. */
const candidates = ['../../../package.json', '../../package.json'].map((place) =>
  fileURLToPath(new URL(place, import.meta.url)),
);

const file = candidates.find((place) => existsSync(place) && path.basename(path.dirname(place)) !== 'dist');

/** Of this installation, as its package says. */
export const ownVersion: string =
  file === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
