import { exitCodes } from './exit-codes.js';

type Ending = 'SIGINT' | 'SIGTERM';

const codes: Readonly<Record<Ending, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
};

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code that the signal asks for; undefined when none came. */
  readonly exitCode: () => number | undefined;
  /** Resolves at the first signal. */
  readonly asked: Promise<void>;
}

/** The first Ctrl-C (or SIGTERM) asks for an orderly end; a second one takes it. */
export function watchSignals(say: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let code: number | undefined;
  let resolveAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (resolveAsked = resolve));
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (code !== undefined) process.exit(codes[name]);
      code = codes[name];
      say('ending: what is under way is put back, and the same command goes on with it (again to force)');
      controller.abort();
      resolveAsked();
    });
  }
  return { signal: controller.signal, exitCode: () => code, asked };
}
