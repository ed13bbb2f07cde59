import { asNumber, asText, fields, isNilName, type Fields, type Sexp } from '../sexp/index.js';
import { info, warning, type Anomaly } from './anomaly.js';
import type { Claims } from './model.js';

export interface ReadClaims {
  readonly claims: Claims;
  readonly foreignHash: string | null;
  readonly anomalies: readonly Anomaly[];
}

/** What the record says of its own success. Nothing here is used for more than to be shown, so nothing is refused. */
export function readClaims(outer: Fields): ReadClaims {
  const recorded = nested(outer.get('recorded')) ?? outer;
  const number = (key: string): number | null => {
    const found = asNumber(recorded.get(key));
    return found.ok ? found.value : null;
  };
  const claims: Claims = {
    rank: rankOf(outer.get('rank')),
    sharpe: number('sharpe'),
    profitFactor: number('profit_factor'),
    winRate: number('win_rate'),
    trades: number('trades'),
    maxDrawdown: number('max_dd'),
    oosSharpe: number('oos_sharpe'),
  };
  const hash = asText(outer.get('hash'));
  const foreignHash = hash.ok ? hash.value : null;
  return { claims, foreignHash, anomalies: contradictions(outer, claims, foreignHash) };
}

function contradictions(outer: Fields, claims: Claims, foreignHash: string | null): readonly Anomaly[] {
  const found: Anomaly[] = [];
  const folder = rankOf(outer.get('rank_folder'));
  if (folder !== null && folder !== claims.rank) {
    const rank = claims.rank ?? 'NIL';
    found.push(
      warning('rank_disagrees', `the record says ${rank}, its folder ${folder}; the record's is kept`),
    );
  }
  // Only a record of the library had a hash to lose.
  if (folder !== null && foreignHash === null) found.push(info('hash_missing', 'no hash of its own'));
  if (claims.oosSharpe === 0) {
    found.push(warning('oos_zero', 'OOS Sharpe is exactly 0: a failed measurement, not a figure'));
  } else if (claims.oosSharpe !== null && claims.oosSharpe === claims.sharpe) {
    found.push(warning('oos_equals_sharpe', `OOS Sharpe and Sharpe are both ${claims.sharpe}`));
  }
  return found;
}

function nested(field: Sexp | undefined): Fields | null {
  if (field === undefined) return null;
  const reading = fields(field);
  return reading.ok ? reading.fields : null;
}

function rankOf(field: Sexp | undefined): string | null {
  const rank = asText(field);
  if (!rank.ok || isNilName(rank.value)) return null;
  const bare = rank.value.replace(/^:/, '').trim().toUpperCase();
  return bare === '' ? null : bare.slice(0, 40);
}
