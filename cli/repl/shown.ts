/** A result that knows how it looks: a value for programs, and a text for people. */
const text = Symbol('shown');

type Painted = (paint: Paint) => string;
export type Paint = (style: 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold', text: string) => string;

/** The text does not show among the keys of the value. */
export function shown<T extends object>(value: T, look: Painted): T {
  Object.defineProperty(value, text, { value: look, enumerable: false });
  return value;
}

export function lookOf(value: unknown): Painted | undefined {
  if (typeof value !== 'object' || value === null || !(text in value)) return undefined;
  return value[text] as Painted;
}
