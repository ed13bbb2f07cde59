/** A disk that takes nothing for a while: the log goes on after it, and an end in the middle of it is in order and says which it was. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
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
