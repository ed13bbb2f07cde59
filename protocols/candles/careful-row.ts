import { splitFields } from './fields.js';
import { columnNames, isHeaderAgain, type Header } from './header.js';
import { isNonFiniteWord, isNumeral } from './numeral.js';
import { timeTextFault, type Row } from './row-laws.js';
import { shown, type CandleFault } from './verdict.js';

/**
 * Reads a line that the fast reader declined: sound ones with spaces, quotes, signs, exponents or many digits, and
 * all defective ones, for which it finds the word.
 * @param terminated false when the file ends without a line end behind this line
 * @returns null when `into` now holds the row
 */
export function readCarefulRow(
  line: string,
  header: Header,
  terminated: boolean,
  into: Row,
): CandleFault | null {
  if (line.includes('\0'))
    return { reason: 'nul_bytes', found: shown(line), expected: 'text without NUL bytes' };
  const fields = splitFields(line);
  if (!terminated && (fields === null || fields.length < header.names.length || fields.at(-1) === '')) {
    const expected = `${header.names.length} fields and a line end`;
    return { reason: 'truncated_last_line', found: shown(line), expected };
  }
  if (fields === null) {
    return {
      reason: 'unbalanced_quote',
      found: shown(line),
      expected: 'quotes in pairs around whole fields',
    };
  }
  if (isHeaderAgain(header, fields)) {
    return {
      reason: 'repeated_header',
      found: 'the header again',
      expected: 'the header once, in the first line',
    };
  }
  if (fields.length !== header.names.length) {
    const expected = `${header.names.length} fields, as in the header`;
    return { reason: 'field_count', found: `${fields.length} fields`, expected };
  }
  for (const [at, text] of fields.entries()) {
    const role = header.roles[at] ?? -1;
    if (role === -1) continue;
    const fault = role === 0 ? timeFault(text) : numberFault(text, columnNames[role] ?? 'field');
    if (fault !== null) return fault;
    // `+ 0` turns -0, which some exporters print as a volume, into 0.
    into[role] = Number(text) + 0;
  }
  return null;
}

function timeFault(text: string): CandleFault | null {
  if (/^[+-]?\d{1,19}$/.test(text)) return null;
  if (text === '') return emptyField('timestamp');
  return timeTextFault(text, isNumeral(text));
}

function numberFault(text: string, name: string): CandleFault | null {
  if (isNumeral(text) && Number.isFinite(Number(text))) return null;
  if (text === '') return emptyField(name);
  const expected = `a decimal number as ${name}, such as 91.715`;
  const reason = isNonFiniteWord(text) || isNumeral(text) ? 'not_finite' : 'not_a_number';
  return { reason, found: `${name} ${shown(text)}`, expected };
}

const emptyField = (name: string): CandleFault => ({
  reason: 'empty_field',
  found: `nothing as ${name}`,
  expected: `a value in every field`,
});
