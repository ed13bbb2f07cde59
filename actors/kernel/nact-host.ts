import { AsyncLocalStorage } from 'node:async_hooks';
import * as nactLibrary from 'nact';
import type { Capabilities } from './capabilities.js';
import type { Host, Place, Resident } from './host.js';

/** Taken when the module loads, so that no handler ever sees the async context of a sender, timer or socket. */
export const inEmptyContext = AsyncLocalStorage.snapshot();

/**
 * Runs `drain` a microtask after each call of the function returned.
 *
 * The loop waits in the context in which it was begun, so nothing has to switch contexts at each wake-up; that, or
 * `queueMicrotask`, which makes an async resource each time, would be a good part of the cost of a message.
 */
function trampoline(drain: () => void): () => void {
  let wake: () => void = () => undefined;
  const sleep = (resolve: () => void): void => {
    wake = resolve;
  };
  const run = async (): Promise<never> => {
    let awake = new Promise<void>(sleep);
    for (;;) {
      await awake;
      awake = new Promise<void>(sleep);
      drain();
    }
  };
  void run();
  return () => wake();
}

/** The part of nact that we use, with the types that it really has; its references are our places. */
interface Nact {
  start(options: { readonly name: string }): Place;
  spawn(
    parent: Place,
    behavior: (resident: Resident, message: unknown) => Resident,
    name: string,
    properties: { readonly initialState: Resident; readonly onCrash: typeof reportAndStop },
  ): Place;
  stop(place: Place): void;
  dispatch(to: object, message: unknown): void;
}

const nact = nactLibrary as unknown as Nact;

/**
 * nact holds the tree: every actor of ours is a nact actor with its name and its place, and nact code can send to it
 * through its nact reference. It carries no message of ours, never learns of an error and never restarts anything.
 *
 * @param systemName one per process; nact finds systems by name
 */
export function nactHost(systemName: string, capabilities: Capabilities): Host {
  const system = nact.start({ name: systemName });
  let holds = 0;
  let holding: unknown;
  return {
    ...capabilities,
    alarm: {
      set: (delayMs, ring) => inEmptyContext(() => capabilities.alarm.set(delayMs, ring)),
      clear: (token) => {
        capabilities.alarm.clear(token);
      },
    },
    occupy: (parent, name, resident) =>
      nact.spawn(parent ?? system, receive, nactName(name), {
        initialState: resident,
        onCrash: reportAndStop,
      }),
    vacate: (place) => {
      nact.stop(place);
    },
    schedule(drain) {
      const later = (): void => inEmptyContext(drain);
      return { soon: inEmptyContext(trampoline, drain), later: () => void setImmediate(later) };
    },
    budget: { messages: 1_024, ms: 1 },
    choose: () => 0,
    hold() {
      if (holds++ === 0) holding = setInterval(() => undefined, HOLD_MS);
      let held = true;
      return () => {
        if (held && --holds === 0) clearInterval(holding as NodeJS.Timeout);
        held = false;
      };
    },
    close: () => {
      nact.stop(system);
    },
    foreignReference: (place) => place,
  };
}

const HOLD_MS = 2_147_483_647;

/** A message that plain nact code dispatched. */
function receive(resident: Resident, message: unknown): Resident {
  resident.deliverForeign(message);
  return resident;
}

/** Only a defect of ours comes here; every other answer than stop has hung or killed processes. */
const reportAndStop = (_message: unknown, _error: unknown, ctx: { stop: symbol }): symbol => ctx.stop;

/** nact allows fewer characters in a name than we do. */
const nactName = (id: string): string => (/^[a-z0-9\-_.+!*'(),]+$/i.test(id) ? id : escaped(id));

const escaped = (id: string): string =>
  id.replace(/[^a-z0-9\-_.+!*'(),]/gi, (character) => `$${(character.codePointAt(0) ?? 0).toString(16)}.`);

/** Sends to an actor of plain nact code, given by its nact reference. nact tells nobody whether it arrived. */
export function dispatchToNact(reference: object, message: unknown): void {
  nact.dispatch(reference, message);
}
