/**
 * `import { serveRepl } from 'holdfast/repl'`: what `holdfast repl` attaches to, for any tree, with one call. Loads no
 * native module.
 */
import type { LetterFilter } from '../protocols/repl.js';
import { kernelSettings } from './inspection/changes.js';
import { Interventions } from './inspection/interventions.js';
import { lettersInMemory } from './inspection/letters.js';
import type { Letters, Setting } from './inspection/sources.js';
import { nodeSurroundings, openReplServer } from './node/repl-server.js';
import type { ReplServer } from './node/repl-server.js';
import { startWatchdog } from './node/watchdog.js';
import type { InterventionRow } from '../protocols/repl-answers.js';
import type { System } from './system.js';

export interface ServeReplOptions {
  /** At most 103 bytes. It is made with mode 0600; what a dead process left there is replaced. */
  readonly socketPath: string;
  /** Whether a session with `--write` may redrive, kill, suspend, resume and set. @defaultValue false */
  readonly write?: boolean;
  /** What the session greets with. @defaultValue the id of the root */
  readonly name?: string;
  /** Beside those of the kernel. */
  readonly settings?: readonly Setting[];
  /** @defaultValue the newest dead letters in the kernel's memory */
  readonly letters?: Letters;
  /** Told of everything that somebody changed by hand. @defaultValue a line on stderr */
  readonly onIntervention?: (row: InterventionRow) => void;
  /** Whether a thread times turns and watches the loop; see `startWatchdog`. @defaultValue true */
  readonly watchdog?: boolean;
}

export type { Letters, LetterFilter, ReplServer, Setting, InterventionRow };
export { ReplRefusal } from '../protocols/repl.js';
export { startWatchdog } from './node/watchdog.js';
export type { Watchdog, WatchdogOptions } from './node/watchdog.js';
export type { Stuck } from './node/watchdog-messages.js';

/**
 * Serves a running system to `holdfast repl --socket PATH`, until it is closed or the system has ended. It keeps no
 * process alive.
 * @throws SocketTaken when another process answers at the path; or what the system says of the path
 */
export async function serveRepl(system: System, options: ServeReplOptions): Promise<ReplServer> {
  const { socketPath, write = false, name = system.root.path, onIntervention = toStderr } = options;
  const surroundings = nodeSurroundings();
  const server = await openReplServer({
    socketPath,
    write,
    sources: {
      name,
      system: () => system,
      letters: options.letters ?? lettersInMemory(() => system, surroundings.wallMs),
      settings: [...kernelSettings(() => system), ...(options.settings ?? [])],
      interventions: new Interventions(onIntervention),
      surroundings,
    },
  });
  const watchdog = options.watchdog === false ? undefined : startWatchdog();
  watchdog?.attach(system);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= Promise.all([server.close(), watchdog?.stop()]).then(() => undefined));
  void system.exited.then(close);
  return { ...server, close };
}

const toStderr = ({ user, verb, args, outcome }: InterventionRow): void => {
  process.stderr.write(`holdfast: by hand, by ${user}: ${verb} ${args}: ${outcome}\n`);
};
