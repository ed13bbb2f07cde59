/** A longer answer is not one of ours. */
const bytesMax = 8 * 1024 * 1024;

/** Asks a page of a process on this machine for JSON. @returns null when there is no such answer in time */
export async function getJson(url: string, withinMs: number): Promise<unknown> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(withinMs), redirect: 'error' });
    const text = await answer.text();
    return text.length > bytesMax ? null : (JSON.parse(text) as unknown);
  } catch {
    // Refused, silent, or not JSON: for who asks they are the same.
    return null;
  }
}
