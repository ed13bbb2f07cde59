/** A disk that takes nothing for a while: the log goes on after it, and an end in the middle of it is in order and says which it was. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { canLimitFiles, daemonPlace, limitFiles, until } from './place.js';

(canLimitFiles ? test : test.skip)(
  'a daemon ends with 143 also on a disk that takes nothing',
  async () => {
    const place = daemonPlace();
    place.configure({});
    const running = place.start();
    try {
      await running.said(/page: http/);
      limitFiles(place.runFile().pid, 1);
      running.child.kill('SIGTERM');
      expect(await running.ended).toMatchObject({ code: 143 });
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
      place.remove();
    }
  },
  60_000,
);

(canLimitFiles ? test : test.skip)(
  'the log goes on in a line of its own once the disk takes it again',
  async () => {
    const place = daemonPlace();
    place.configure({});
    const running = place.start();
    const log = `${place.db}.log.jsonl`;
    const linesOf = (): string[] => readFileSync(log, 'utf8').trimEnd().split('\n');
    const reload = (): boolean => running.child.kill('SIGHUP');
    try {
      await running.said(/page: http/);
      const { pid } = place.runFile();
      await until('the log is quiet', () => linesOf().some((line) => line.includes('config')));
      // In the middle of a line, a little behind what is there.
      limitFiles(pid, readFileSync(log).length + 20);
      reload();
      await until('a line is cut short', () => !readFileSync(log, 'utf8').endsWith('\n'));
      limitFiles(pid, null);
      const cutAt = linesOf().length;
      await until('it goes on', () => {
        reload();
        return linesOf().length > cutAt;
      });
      expect(JSON.parse(linesOf()[cutAt] ?? '')).toMatchObject({ bootId: expect.any(String) as unknown });
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
      place.remove();
    }
  },
  60_000,
);

/** A small disk of its own, where that may be had. */
function canMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (mounted) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}

(canMount() ? test : test.skip)(
  'a disk with no room for a job refuses it, is red although nothing else is written, and is green again by itself',
  async () => {
    const place = daemonPlace();
    place.configure({});
    const jobs = `${place.db}.jobs`;
    mkdirSync(jobs, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', jobs]);
    const running = place.start();
    const conditions = async () =>
      ((await place.get('/api/system/health')).body as { conditions: { id: string; message: string }[] })
        .conditions;
    const submit = () => place.command('submit', '--strategies', place.strategies);
    try {
      await running.said(/page: http/);
      const filler = path.join(jobs, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(2_000_000));
      } catch {
        // It holds what there was room for.
      }
      const refused = await submit();
      expect(refused.code).toBe(74);
      expect(refused.stderr).toMatch(/could not be kept: ENOSPC; make room/);
      expect(await conditions()).toMatchObject([{ id: 'jobs-disk' }]);
      expect((await place.command('status')).stdout).toContain('ENOSPC');
      rmSync(filler);
      await until('it is green again', async () => (await conditions()).length === 0);
      expect((await submit()).code).toBe(0);
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
      execFileSync('umount', ['--lazy', jobs]);
      place.remove();
    }
  },
  60_000,
);
