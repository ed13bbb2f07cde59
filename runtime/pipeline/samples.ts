import type { Samples } from '../samples/index.js';
import { openIntake } from '../node/intake.js';
import { orFail } from './job-intake.js';

/** Sees to it that a folder holds the sample candles and strategies. @throws PipelineFailure */
export async function prepareSamples(folder: string): Promise<Samples> {
  const intake = openIntake();
  try {
    return await orFail(`write samples to ${folder}`, intake.writeSamples(folder));
  } finally {
    await intake.close();
  }
}
