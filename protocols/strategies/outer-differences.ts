import { asNumber, asText, foundText, type Sexp } from '../sexp/index.js';
import { Quarantine, warning, type Anomaly } from './anomaly.js';
import { minutesOf } from './read-timeframe.js';
import type { RecordFields } from './record-fields.js';

const compared = [
  'name',
  'sma_short',
  'sma_long',
  'sl',
  'tp',
  'volume',
  'indicator_type',
  'timeframe',
] as const;

/** The senders print ten significant digits; what agrees in nine is the same number. */
const tolerance = 1e-9;

/** Where a record contradicts what it sends. A field that only one of the two layers has is no contradiction. */
export function outerDifferences({ inner, outer }: RecordFields): readonly Anomaly[] {
  const differing = compared.filter((key) => differs(key, inner.get(key), outer.get(key)));
  if (differing.length === 0) return [];
  const shown = differing.map(
    (key) => `${key} (${foundText(inner.get(key))}, outside ${foundText(outer.get(key))})`,
  );
  return [warning('outer_differs', `what is sent differs from its record in ${shown.join('; ')}`)];
}

function differs(key: string, sent: Sexp | undefined, kept: Sexp | undefined): boolean {
  const [a, b] = key === 'timeframe' ? [minutes(sent), minutes(kept)] : [plain(sent), plain(kept)];
  if (a === null || b === null) return false;
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) > tolerance * Math.max(Math.abs(a), Math.abs(b));
  return a !== b;
}

function plain(field: Sexp | undefined): number | string | null {
  const number = asNumber(field);
  if (number.ok) return number.value;
  const text = asText(field);
  return text.ok ? text.value : null;
}

/** What is kept outside is not sent, so an unreadable one there condemns nothing. */
function minutes(field: Sexp | undefined): number | string | null {
  try {
    return minutesOf(field)?.minutes ?? null;
  } catch (error) {
    if (error instanceof Quarantine) return foundText(field);
    throw error;
  }
}
