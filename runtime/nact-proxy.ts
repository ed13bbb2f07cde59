import { child } from '../actors/kernel/actor-spec.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import type { Name } from '../protocols/name.js';
import { dispatchToNact } from '../actors/kernel/nact-host.js';

/**
 * Gives an actor of plain nact code a place in our tree: what is sent to the proxy is dispatched to it.
 *
 * The proxy has a bounded mailbox like every actor. Behind it nact's rules hold: an unbounded mailbox, and silence
 * about messages to an actor that has stopped.
 *
 * @param reference what nact's `spawn` returned
 */
export const nactProxy = <Msg>(
  id: string,
  reference: object,
  options: { readonly capacity: number; readonly name?: Name<Msg> },
): ChildSpec<Msg> =>
  child<object, Msg, object>({
    id,
    args: reference,
    behavior: {
      init: (target) => target,
      handle(target, message) {
        dispatchToNact(target, message);
        return target;
      },
    },
    mailbox: { capacity: options.capacity },
    ...(options.name === undefined ? {} : { name: options.name }),
  });
