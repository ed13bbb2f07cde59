/** Something to wait for: it is given a function to call with the result, at once or later. */
export type Wait = (resume: (value: unknown) => void) => void;

/**
 * A sequence of steps that may have to wait in the middle: starting, stopping and restarting children.
 * Where nothing has to wait it runs through like plain code; no promise is involved, so order stays ours.
 */
export type Procedure<Result = void> = Generator<Wait, Result, unknown>;

/** Waits until `begin` calls back. */
export function* until<Value>(begin: (resume: (value: Value) => void) => void): Procedure<Value> {
  return (yield begin) as Value;
}

/**
 * Runs a procedure as far as it goes.
 *
 * @param later is told when a wait ends after all, and decides when to go on
 * @returns true when the procedure has ended
 */
export function advance(procedure: Procedure, value: unknown, later: (value: unknown) => void): boolean {
  for (let input = value; ;) {
    const step = procedure.next(input);
    if (step.done === true) return true;
    const answer = answerNow(step.value, later);
    if (answer === undefined) return false;
    input = answer.value;
  }
}

/** @returns what the wait was answered with before it returned, or undefined when it has to be waited for */
function answerNow(wait: Wait, later: (value: unknown) => void): { readonly value: unknown } | undefined {
  const wanted: { now: boolean; answer: { readonly value: unknown } | undefined } = {
    now: true,
    answer: undefined,
  };
  wait((value) => {
    if (wanted.now) wanted.answer = { value };
    else later(value);
  });
  wanted.now = false;
  return wanted.answer;
}
