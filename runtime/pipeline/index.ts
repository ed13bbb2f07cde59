/** The trading-research pipeline as a library: `import { startPipeline, runJob } from 'holdfast/pipeline'`. */
export { PipelineFailure } from './failure.js';
export type { PipelineFailureCode } from './failure.js';
export { JobInterrupted } from './job-context.js';
export type { JobPhase, Progress } from './job-context.js';
export { bypassCounts, lot, releaseLot } from './lot.js';
export type { BypassCounts, LotAnswer, LotBypass, LotWish } from './lot.js';
export { runJob } from './run-job.js';
export type { JobInput, JobOptions } from './run-job.js';
export { startPipeline } from './start-pipeline.js';
export type { Pipeline, PipelineConfig } from './start-pipeline.js';
export { readStatus } from './read-status.js';
export type { PipelineStatus } from './read-status.js';
export { policies } from '../../actors/oos-requests/rank-policy.js';
export type { RankPolicy } from '../../actors/oos-requests/rank-policy.js';
