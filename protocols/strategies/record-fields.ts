import {
  asBoolean,
  asInteger,
  asNumber,
  asText,
  bareName,
  describeSexpError,
  fields,
  foundText,
  readSexp,
  type Fields,
  type Sexp,
  type Typed,
} from '../sexp/index.js';
import { Quarantine, warning, type Anomaly, type QuarantineCode } from './anomaly.js';
import { lineElementsMax, type ImportLimits } from './limits.js';

/**
 * A record's two layers: what is sent (`strategy`) and what is kept about it. What is sent decides, because it is what
 * Swimmy really tested; the outer layer only fills what is missing inside.
 */
export class RecordFields {
  readonly anomalies: Anomaly[] = [];

  constructor(
    readonly inner: Fields,
    readonly outer: Fields,
  ) {}

  /** The first of the two layers that says anything. */
  pick(key: string): Sexp | undefined {
    return isSaid(this.inner.get(key)) ? this.inner.get(key) : this.outer.get(key);
  }

  /** @param least smallest allowed @returns null when absent @throws Quarantine with `code` for anything but a finite number */
  number(key: string, code: QuarantineCode, least = 0): number | null {
    return this.#read(key, code, `a finite number of ${least} or more`, asNumber, (value) => value >= least);
  }

  /** @returns null when absent @throws Quarantine with `code` for anything but a whole number of 0 or more */
  whole(key: string, code: QuarantineCode): number | null {
    return this.#read(key, code, 'a whole number of 0 or more', asInteger, (value) => value >= 0);
  }

  text(key: string, code: QuarantineCode): string | null {
    return this.#read(key, code, 'a text', asText, () => true);
  }

  flag(key: string, code: QuarantineCode): boolean {
    return this.#read(key, code, 'a truth value', asBoolean, () => true) ?? false;
  }

  #read<T>(
    key: string,
    code: QuarantineCode,
    expected: string,
    as: (field: Sexp | undefined) => Typed<T>,
    fits: (value: T) => boolean,
  ): T | null {
    const field = this.pick(key);
    const typed = as(field);
    if (typed.ok && fits(typed.value)) return typed.value;
    if (!typed.ok && typed.reason === 'absent') return null;
    throw new Quarantine(code, `${key}: ${typed.ok ? foundText(field) : typed.found}`, expected);
  }
}

/** @throws Quarantine `unreadable_line`, `unknown_head`, `not_a_record` */
export function readRecordFields(text: string, limits: ImportLimits): RecordFields {
  const reading = readSexp(text, {
    depthMax: limits.depthMax,
    charsMax: limits.lineCharsMax,
    elementsMax: lineElementsMax,
  });
  if (!reading.ok) {
    const { expected } = reading.error;
    throw new Quarantine('unreadable_line', describeSexpError(reading.error), expected);
  }
  const outer = recordOf(reading.value, 'the line');
  const block = outer.get('strategy');
  if (isSaid(block)) return new RecordFields(recordOf(block, 'strategy'), outer);
  const record = new RecordFields(new Map(), outer);
  record.anomalies.push(
    warning('strategy_block_absent', 'no strategy block: the record itself says what is sent'),
  );
  return record;
}

function recordOf(value: Sexp, where: string): Fields {
  if (value.kind === 'struct' && bareName(value.head).toLowerCase() !== 'strategy') {
    throw new Quarantine('unknown_head', `a structure ${bareName(value.head).slice(0, 40)}`, 'STRATEGY');
  }
  const reading = fields(value);
  if (!reading.ok)
    throw new Quarantine('not_a_record', `${where}: ${reading.error.found}`, reading.error.expected);
  if (reading.fields.size === 0)
    throw new Quarantine('not_a_record', `${where}: no fields`, 'a strategy record');
  return reading.fields;
}

/** False for no field, `()` and `nil`. */
function isSaid(field: Sexp | undefined): field is Sexp {
  if (field === undefined) return false;
  const typed = asText(field);
  return typed.ok || typed.reason !== 'absent';
}
