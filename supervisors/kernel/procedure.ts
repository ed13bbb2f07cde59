/** Something to wait for: it is given a function to call with the result, at once or later. */
export type Wait = (resume: (value: unknown) => void) => void;

/**
 * A sequence of steps that may have to wait in the middle: starting, stopping and restarting children.
 * Where nothing has to wait it runs through like plain code; no promise is involved, so order stays ours.
 */
export type Procedure<Result = void> = Generator<Wait, Result, unknown>;

/** Waits until `begin` calls back. */
export function* until<Value>(begin: (resume: (value: Value) => void) => void): Procedure<Value> {
  return (yield begin as Wait) as Value;
}

/**
 * Runs a procedure as far as it goes.
 *
 * @param later is told when a wait ends after all, and decides when to go on
 * @returns true when the procedure has ended
 */
export function advance(procedure: Procedure, value: unknown, later: (value: unknown) => void): boolean {
  let input = value;
  for (;;) {
    const step = procedure.next(input);
    if (step.done === true) return true;
    const wait = step.value;
    let answered = false;
    let suspended = false;
    wait((answer) => {
      if (suspended) later(answer);
      else {
        answered = true;
        input = answer;
      }
    });
    if (!answered) {
      suspended = true;
      return false;
    }
  }
}
