/** The kernel for embedders: `import { child, supervisor, startTree } from 'holdfast'`. Loads no native module. */
export { child } from '../actors/kernel/actor-spec.js';
export { ignore, NameNotFound, NameTaken } from '../actors/kernel/behavior.js';
export type {
  AskFailure,
  AskOutcome,
  Behavior,
  Ctx,
  Handle,
  MonitorRef,
  OfferOptions,
  OfferOutcome,
  Ref,
  ReplyTo,
  Settled,
  Signal,
  StartFailure,
  Target,
  TellOptions,
  Told,
} from '../actors/kernel/behavior.js';
export { InvalidSpec } from '../actors/kernel/child-spec.js';
export type { ActorSpec, Backoff, ChildSpec, Restart, Shutdown } from '../actors/kernel/child-spec.js';
export type { Capabilities } from '../actors/kernel/capabilities.js';
export type { DeadLetter, DeadLetterReason } from '../actors/kernel/dead-letters.js';
export type { KernelEvent, Subscriber } from '../actors/kernel/events.js';
export type { Host } from '../actors/kernel/host.js';
export type { MailboxSpec, Overflow } from '../actors/kernel/mailbox-spec.js';
export { nactHost } from '../actors/kernel/nact-host.js';
export {
  describeError,
  describeReason,
  failed,
  isNormalLike,
  kill,
  killed,
  noproc,
  normal,
  shutdown,
  shutdownWith,
} from '../protocols/exit-reason.js';
export type { ExitReason } from '../protocols/exit-reason.js';
export { name } from '../protocols/name.js';
export type { AnswerTo, Name, Replies, ReplyOf } from '../protocols/name.js';
export type {
  ChildCounts,
  ChildInfo,
  DeleteChildAnswer,
  RestartChildAnswer,
  StartChildAnswer,
  SupervisorMsg,
  TerminateChildAnswer,
} from '../supervisors/kernel/messages.js';
export type { Strategy } from '../supervisors/kernel/strategy.js';
export { dynamicSupervisor, supervisor } from '../supervisors/kernel/supervisor-spec.js';
export type {
  AutoShutdown,
  Children,
  DynamicOptions,
  SupervisorOptions,
} from '../supervisors/kernel/supervisor-spec.js';
export type { FailedToStartChild } from '../supervisors/kernel/supervisor.js';
export type { ProcessInfo, TreeInfo } from './inspect.js';
export { nactProxy } from './nact-proxy.js';
export { startTree } from './start.js';
export { StartFailed, System } from './system.js';
export type { AskOptions, StopOptions, StopReport, SystemOptions } from './system.js';
export { workerPool } from '../supervisors/worker-pool.js';
export type { WorkerPoolOptions } from '../supervisors/worker-pool.js';
export type { WorkerExit, WorkerPort, WorkerPortFactory } from '../actors/workers/port.js';
export type {
  Work,
  WorkerAnswer,
  WorkerCounts,
  WorkerFailed,
  WorkerLossCode,
  WorkerNotice,
  WorkerPoolMsg,
} from '../protocols/workers.js';
export { workerChild } from './node/worker-child.js';
export type { WorkerChildOptions } from './node/worker-child.js';
export { workerThread } from './node/worker-thread.js';
export type { WorkerThreadOptions } from './node/worker-thread.js';
