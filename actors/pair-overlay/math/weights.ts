export interface Weights {
  readonly a: number;
  readonly b: number;
}

/** Each leg weighs by the inverse of its standard deviation; one that does not move weighs nothing (domain 4.5). */
export function inverseVolatility(sdA: number, sdB: number): Weights {
  const a = sdA === 0 ? 0 : 1 / sdA;
  const b = sdB === 0 ? 0 : 1 / sdB;
  return a + b === 0 ? { a: 0.5, b: 0.5 } : { a: a / (a + b), b: b / (a + b) };
}
