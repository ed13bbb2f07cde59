import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from './files.js';

/** A longer one is not a configuration. */
const bytesMax = 1_048_576;

export type ConfigFile =
  | { readonly ok: true; readonly name: string; readonly text: string }
  | { readonly ok: false; readonly reason: 'missing' | 'unreadable'; readonly found: string };

/** Reads a configuration file; paths in it are meant from its folder, so its name is made absolute. */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const name = path.resolve(file);
  try {
    const found = await stat(name);
    if (!found.isFile()) return { ok: false, reason: 'unreadable', found: 'something that is no file' };
    if (found.size > bytesMax) return { ok: false, reason: 'unreadable', found: `${found.size} bytes` };
    return { ok: true, name, text: await readFile(name, 'utf8') };
  } catch (error) {
    const code = systemCode(error) ?? 'an error';
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { ok: false, reason: 'missing', found: 'nothing there' }
      : { ok: false, reason: 'unreadable', found: code };
  }
}

/** The environment as it is now. */
export const environment = (): Readonly<Record<string, string | undefined>> => process.env;
