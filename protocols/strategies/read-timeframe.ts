import { asNumber, asText, foundText, type Sexp } from '../sexp/index.js';
import { timeframeMinutes } from '../timeframe.js';
import { info, Quarantine, warning } from './anomaly.js';
import type { RecordFields } from './record-fields.js';

/** What Guardian assumes: the candles as they are. */
const minutesAssumed = 1;

/** Minutes, from a number, a label such as `W1`, or a list of one of them. @throws Quarantine `bad_timeframe` */
export function readTimeframe(record: RecordFields): number {
  const given = record.pick('timeframe');
  const found = minutesOf(given);
  if (found === null) {
    const message = `no timeframe: ${minutesAssumed} minute is assumed, as Guardian does`;
    record.anomalies.push(warning('timeframe_defaulted', message));
    return minutesAssumed;
  }
  const { minutes, asGiven } = found;
  if (typeof asGiven === 'string' && !/^\d+$/.test(asGiven.trim())) {
    record.anomalies.push(info('timeframe_label', `${asGiven} is taken as ${minutes} minutes`));
  } else if (Number(asGiven) !== minutes) {
    record.anomalies.push(warning('timeframe_rounded', `${asGiven} minutes are taken as ${minutes}`));
  }
  return minutes;
}

/** @returns null when there is none @throws Quarantine `bad_timeframe` for one that says no time */
export function minutesOf(
  field: Sexp | undefined,
): { readonly minutes: number; readonly asGiven: string | number } | null {
  const number = asNumber(field);
  if (!number.ok && number.reason === 'absent') return null;
  const label = number.ok ? null : asText(field);
  const asGiven = number.ok ? number.value : label?.ok === true ? label.value : null;
  const minutes = asGiven === null ? null : timeframeMinutes(asGiven);
  if (asGiven === null || minutes === null) {
    throw new Quarantine('bad_timeframe', foundText(field), 'minutes above 0 or a label such as H4');
  }
  return { minutes, asGiven };
}
