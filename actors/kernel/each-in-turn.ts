/**
 * Does a step for one item after another, each when the one before has called back.
 *
 * Steps that call back at once are a loop, not a chain of calls, so that there may be any number of them.
 */
export function eachInTurn<Item>(
  items: readonly Item[],
  step: (item: Item, done: () => void) => void,
  onEnd: () => void,
): void {
  let next = 0;
  let running = false;
  const advance = (): void => {
    if (running) return;
    running = true;
    let finished = next;
    while (finished === next) {
      const item = items[next];
      if (item === undefined) {
        onEnd();
        return;
      }
      next++;
      step(item, () => {
        finished++;
        advance();
      });
    }
    running = false;
  };
  advance();
}
