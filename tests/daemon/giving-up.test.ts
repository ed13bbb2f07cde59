/** When supervision gives up at the root, the process ends, with a line and a code that a service manager acts on. */
import { expect, test } from '@jest/globals';
import { daemonPlace, processesOf, until } from './place.js';

test('a core that is killed more often than its root may restart it ends the process with 70, and leaves nothing behind', async () => {
  const place = daemonPlace();
  place.configure({});
  const running = place.start();
  try {
    await running.said(/page: http/);
    let isOver = false;
    void running.ended.then(() => (isOver = true));
    await until('the process has ended', async () => {
      if (!isOver) await place.command('repl', '--write', '-e', "kill('root/core')");
      return isOver;
    });
    const { code, stderr } = await running.ended;
    expect(code).toBe(70);
    expect(stderr).toMatch(/supervision gave up/);
    await until('its children have ended too', () => processesOf(place.folder).length === 0);
  } finally {
    running.child.kill('SIGKILL');
    await running.ended;
    place.remove();
  }
}, 90_000);
