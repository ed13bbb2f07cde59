/** What a page may take: the process answers within two seconds or says that it takes longer. */
const triesMax = 12;

/**
 * Asks, and asks again while the answer takes too long: the question stays under way, so nothing is begun anew.
 * @throws an error that says why, with `near`: what may have been meant
 */
export async function ask(path, query = {}) {
  const wanted = Object.entries(query).filter(([, value]) => value !== '');
  const text = wanted.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
  const url = text === '' ? path : `${path}?${text}`;
  for (let tries = 0; tries < triesMax; tries++) {
    const response = await fetch(url);
    const answer = await response.json();
    if (response.ok) return answer;
    const isSlow = response.status === 503 && answer.code === undefined;
    if (!isSlow) throw Object.assign(new Error(answer.error), { near: answer.near ?? [] });
  }
  throw new Error('no answer came; the process is busy');
}

/** Runs the newest of what is asked for one after the other; what is overtaken is dropped. */
export function newestOnly(run) {
  let number = 0;
  return async (...parts) => {
    const own = ++number;
    const isNewest = () => own === number;
    await run(isNewest, ...parts);
  };
}

/** Waits until nobody has typed for a moment. */
export function settled(run, ms = 200) {
  let last = 0;
  return () => {
    const own = ++last;
    setTimeout(() => {
      if (own === last) run();
    }, ms);
  };
}
