import { Agent, request } from 'undici';

/** A longer answer is not one of ours. */
const bytesMax = 8 * 1024 * 1024;

/** Asks a page of a process on this machine for JSON. @returns null when there is no such answer in time */
export async function getJson(url: string, withinMs: number): Promise<unknown> {
  // A connection of its own, closed with the answer: a kept one would keep the asker alive.
  const dispatcher = new Agent({ maxResponseSize: bytesMax, connect: { timeout: withinMs } });
  try {
    const { body } = await request(url, { dispatcher, signal: AbortSignal.timeout(withinMs) });
    return await body.json();
  } catch {
    // Refused, silent, or not JSON: for who asks they are the same.
    return null;
  } finally {
    await dispatcher.destroy();
  }
}
