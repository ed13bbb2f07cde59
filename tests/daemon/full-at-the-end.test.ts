/** The order to end comes while the disk takes nothing: the end is in order all the same, and says which it was. */
import { expect, test } from '@jest/globals';
import { canLimitFiles, daemonPlace, limitFiles } from './place.js';

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
