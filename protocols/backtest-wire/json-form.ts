import {
  alist,
  boolean,
  float,
  int,
  list,
  sexpLimits,
  symbol,
  text,
  type Sexp,
  type SexpLimits,
} from '../sexp/index.js';

type JsonReading =
  | { readonly ok: true; readonly value: Sexp }
  | { readonly ok: false; readonly expected: string; readonly found: string };

/**
 * JSON as the S-expression of the same shape: an object becomes an alist, null becomes `nil`. Some of Swimmy's senders
 * still use it, and its consumers take it.
 */
export function sexpFromJson(
  json: string,
  { depthMax = sexpLimits.depthMax, elementsMax = sexpLimits.elementsMax }: Partial<SexpLimits>,
): JsonReading {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return {
      ok: false,
      expected: 'JSON',
      found: error instanceof Error ? error.message.slice(0, 120) : 'not JSON',
    };
  }
  const budget = { elements: elementsMax };
  const value = convert(parsed, depthMax, budget);
  if (value !== null) return { ok: true, value };
  return budget.elements < 0
    ? { ok: false, expected: `at most ${elementsMax} elements`, found: 'more' }
    : { ok: false, expected: `at most ${depthMax} levels`, found: 'more' };
}

/** The recursion is as deep as `depthMax` allows and no deeper. */
function convert(value: unknown, depthLeft: number, budget: { elements: number }): Sexp | null {
  budget.elements -= 1;
  if (budget.elements < 0) return null;
  if (typeof value === 'string') return text(value);
  if (typeof value === 'boolean') return boolean(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? int(value) : float(value);
  if (typeof value !== 'object' || value === null) return symbol('nil');
  if (depthLeft === 0) return null;
  if (Array.isArray(value)) {
    const items: Sexp[] = [];
    for (const item of value) {
      const converted = convert(item, depthLeft - 1, budget);
      if (converted === null) return null;
      items.push(converted);
    }
    return list(items);
  }
  const entries: [string, Sexp][] = [];
  for (const [key, member] of Object.entries(value)) {
    const converted = convert(member, depthLeft - 1, budget);
    if (converted === null) return null;
    entries.push([key, converted]);
  }
  return alist(entries);
}
