import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RowName } from './contender.js';

const stage = fileURLToPath(new URL('./stage.js', import.meta.url));
const ROUND_MS_MAX = 120_000;

/** One contender on a stage of its own. */
export class Player {
  readonly #process: ChildProcess;

  private constructor(
    process: ChildProcess,
    readonly name: string,
    readonly share: number,
    readonly rows: readonly string[],
  ) {
    this.#process = process;
  }

  /** @param exportName of the contender in the module */
  static async enter(modulePath: string, exportName: string): Promise<Player> {
    const process = fork(stage, [modulePath, exportName], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { name, share, rows } = await ask<{ name: string; share: number; rows: string[] }>(process, 'rows');
    return new Player(process, name, share, rows);
  }

  /** @returns the ms that the round took */
  async round(row: RowName, messages: number): Promise<number> {
    const answer = await ask<{ ms?: number; error?: string }>(this.#process, { row, messages });
    if (answer.ms === undefined) throw new Error(`${this.name}, ${row}: ${answer.error ?? 'no answer'}`);
    return answer.ms;
  }

  leave(): void {
    this.#process.kill();
  }
}

function ask<Answer>(process: ChildProcess, order: object | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => done(() => reject(new Error(`no answer within ${ROUND_MS_MAX} ms`))),
      ROUND_MS_MAX,
    );
    const done = (end: () => void): void => {
      clearTimeout(late);
      process.off('message', onMessage);
      process.off('exit', onExit);
      end();
    };
    const onMessage = (answer: unknown): void => done(() => resolve(answer as Answer));
    const onExit = (code: number | null): void => done(() => reject(new Error(`ended with ${code}`)));
    process.once('message', onMessage);
    process.once('exit', onExit);
    process.send(order);
  });
}
