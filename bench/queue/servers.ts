/** Private servers of the peers that need one, on loopback and in folders that go afterwards. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface Server {
  readonly url: string;
  stop(): void;
}

const startMsMax = 15_000;

/** HOLDFAST_BENCH_REDIS, or one of our own where `redis-server` is on the path. */
export async function redis(folder: string): Promise<Server | undefined> {
  const given = process.env['HOLDFAST_BENCH_REDIS'];
  if (given !== undefined) return { url: given, stop: () => undefined };
  if (!onPath('redis-server')) return undefined;
  const port = await freePort();
  mkdirSync(folder);
  const server = spawn(
    'redis-server',
    [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'everysec',
    ],
    { stdio: 'ignore' },
  );
  return listening(server, port, `redis://127.0.0.1:${port}`);
}

/** HOLDFAST_BENCH_POSTGRES, or one of our own where PostgreSQL's programs are to be found. */
export async function postgres(folder: string): Promise<Server | undefined> {
  const given = process.env['HOLDFAST_BENCH_POSTGRES'];
  if (given !== undefined) return { url: given, stop: () => undefined };
  const bin = postgresPrograms();
  if (bin === undefined) return undefined;
  const port = await freePort();
  mkdirSync(folder);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    // The server refuses to be root's; its own user comes with the package.
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, id('-u'), id('-g'));
  }
  const as = (program: string, args: readonly string[]): [string, string[]] =>
    isRoot
      ? ['runuser', ['-u', 'postgres', '--', path.join(bin, program), ...args]]
      : [path.join(bin, program), [...args]];
  const data = path.join(folder, 'data');
  execFileSync(...as('initdb', ['-D', data, '-U', 'bench', '-A', 'trust']), { stdio: 'ignore', cwd: '/' });
  const args = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder];
  const server = spawn(...as('postgres', args), { stdio: 'ignore', cwd: '/' });
  return listening(server, port, `postgres://bench@127.0.0.1:${port}/postgres`);
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)));
}

function postgresPrograms(): string | undefined {
  const known = ['17', '16', '15', '14'].map((version) => `/usr/lib/postgresql/${version}/bin`);
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...known];
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')));
}

async function listening(server: ChildProcess, port: number, url: string): Promise<Server> {
  const stop = (): void => void server.kill('SIGTERM');
  for (const untilMs = performance.now() + startMsMax; performance.now() < untilMs;) {
    if (await answers(port)) return { url, stop };
    await pause(100);
  }
  stop();
  throw new Error(`${server.spawnfile} did not listen within ${startMsMax} ms`);
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
