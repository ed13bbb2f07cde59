export const payload = 'x'.repeat(250);

const nothing = () => undefined;
export const silent = { error: nothing, warn: nothing, info: nothing, debug: nothing };

/** Starts workers, waits for what they are told to wait for, stops them. @param start given `finish`, returns a stop */
export async function workUntil(start) {
  let stop;
  await new Promise((finish) => {
    stop = start(finish);
  });
  await (
    await stop
  )();
}
