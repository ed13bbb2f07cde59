import { asList, members, type Sexp } from '../sexp/index.js';
import { Quarantine } from './anomaly.js';
import { canonicalExpression, expressionText } from './canonical.js';
import type { Canonical } from './model.js';

/** One declared indicator: its family in lower case and what stands behind it. */
export interface Indicator {
  readonly family: string;
  readonly parameters: readonly Canonical[];
}

/** @returns null when the record declares none @throws Quarantine `bad_indicators` */
export function readIndicators(field: Sexp | undefined): readonly Indicator[] | null {
  if (field === undefined) return null;
  const found = asList(field);
  if (!found.ok) throw new Quarantine('bad_indicators', found.found, 'a list of (family parameter ...)');
  const declared = unwrapped(found.value).map(readIndicator);
  return declared.length === 0 ? null : declared;
}

/** `((sma 5) (sma 20))` as the one value of the field is the list itself. */
function unwrapped(values: readonly Sexp[]): readonly Sexp[] {
  const [only] = values;
  const inner = values.length === 1 && only !== undefined ? members(only) : null;
  return inner?.[0]?.kind === 'list' ? inner : values;
}

/** `(sma 5)`, and the short form `sma-5` bare or in a list of its own. */
function readIndicator(value: Sexp): Indicator {
  const form = canonicalExpression(value);
  const [head, ...parameters]: readonly Canonical[] = Array.isArray(form)
    ? (form as readonly Canonical[])
    : [form];
  if (typeof head !== 'string') {
    throw new Quarantine('bad_indicators', expressionText(form), 'a family such as sma, then its parameters');
  }
  const short = parameters.length === 0 ? /^([a-z]+)-(\d{1,6})$/.exec(head) : null;
  const [, family, period] = short ?? [];
  return family === undefined ? { family: head, parameters } : { family, parameters: [Number(period)] };
}

/** As declared, for the identity: the order counts, because Swimmy derives the family from the first. */
export const canonicalIndicators = (indicators: readonly Indicator[] | null): Canonical =>
  indicators === null ? null : indicators.map(({ family, parameters }) => [family, ...parameters]);

/** One indicator as text, such as `(sma 5)`. */
export const indicatorText = ({ family, parameters }: Indicator): string =>
  expressionText([family, ...parameters]);

/**
 * The two whole numbers that Swimmy sends for a list of indicators: the two smallest distinct ones anywhere in it; of a
 * single one p, (max(3, floor(p / 2)), p); without any, what its family usually has.
 */
export function derivePeriods(
  indicators: readonly Indicator[] | null,
  indicatorType: string,
): [number, number] {
  const whole = new Set<number>();
  for (const { parameters } of indicators ?? []) {
    for (const value of parameters)
      if (typeof value === 'number' && Number.isInteger(value)) whole.add(value);
  }
  const [smallest, second] = [...whole].sort((a, b) => a - b);
  if (smallest === undefined) return usualPeriods[indicatorType] ?? [5, 20];
  return second === undefined ? [Math.max(3, Math.floor(smallest / 2)), smallest] : [smallest, second];
}

const usualPeriods: Readonly<Record<string, [number, number]>> = {
  rsi: [7, 14],
  bb: [10, 20],
  stoch: [7, 14],
  macd: [12, 26],
};
