import { backendLink } from '../actors/backtest-dispatch/backend-link.js';
import { dispatcher } from '../actors/backtest-dispatch/dispatcher.js';
import type { Sockets } from '../actors/backtest-dispatch/ports.js';
import { resultApplier } from '../actors/backtest-dispatch/result-applier.js';
import { resultReceiver } from '../actors/backtest-dispatch/result-receiver.js';
import type { ChildSpec } from '../actors/kernel/child-spec.js';
import { supervisor } from './kernel/supervisor-spec.js';

type Options<Make extends (args: never) => unknown> = Parameters<Make>[0];

export interface BacktestDispatchOptions {
  readonly sockets: Sockets;
  /** What answers: started after the link that sends to it, before the dispatcher that leases. At least one. */
  readonly backends: readonly ChildSpec[];
  readonly receiver?: Omit<Options<typeof resultReceiver>, 'sockets'>;
  readonly applier?: Options<typeof resultApplier>;
  readonly link?: Omit<Options<typeof backendLink>, 'sockets'>;
  readonly dispatcher: Options<typeof dispatcher>;
}

/**
 * one_for_one: a backend that dies is weather. The dispatcher hears of it, takes its leases back and waits; it must not
 * itself begin again each time. With the backends' own delays, one that cannot live at all is tried for about a minute
 * before the whole dispatch is.
 */
const backends = (children: readonly ChildSpec[]): ChildSpec =>
  supervisor('backends', { strategy: 'one_for_one', intensity: 10, periodMs: 120_000 }, children);

/**
 * rest_for_one, receive before send: whoever holds an answer stands before whoever can cause one, and when a holder of
 * answers is gone, the dispatcher behind it begins again and queues whatever those answers would have ended.
 */
export const backtestDispatch = (options: BacktestDispatchOptions): ChildSpec =>
  supervisor('backtest-dispatch', { strategy: 'rest_for_one', intensity: 6, periodMs: 60_000 }, [
    resultApplier(options.applier),
    resultReceiver({ sockets: options.sockets, ...options.receiver }),
    backendLink({ sockets: options.sockets, ...options.link }),
    backends(options.backends),
    dispatcher(options.dispatcher),
  ]);
