import { splitFields } from './fields.js';
import { isNumeral } from './numeral.js';
import { shown, type CandleFault } from './verdict.js';

/** The six columns in the order of a canonical file; a column's place in this list is its role. */
export const columnNames = ['timestamp', 'open', 'high', 'low', 'close', 'volume'] as const;

export const canonicalHeader = columnNames.join(',');

/** What each field of a row is: an index into {@link columnNames}, or -1 for a column that nobody reads. */
export interface Header {
  readonly roles: Int8Array;
  /** Field names as normalised, to recognise the header when it comes again. */
  readonly names: readonly string[];
  readonly extraNames: readonly string[];
}

const normalised = (name: string): string => name.trim().toLowerCase();

/** True when a row is the header once more, as concatenated files have it. */
export function isHeaderAgain(header: Header, fields: readonly string[]): boolean {
  return (
    fields.length === header.names.length && fields.every((name, at) => normalised(name) === header.names[at])
  );
}

/** Columns are found by name, in any order and letter case, because files that are right by name are right. */
export function readHeader(line: string): Header | CandleFault {
  const wrongDelimiter = delimiterFault(line);
  if (wrongDelimiter !== null) return wrongDelimiter;
  const fields = splitFields(line);
  if (fields === null) {
    return { reason: 'unbalanced_quote', found: shown(line), expected: 'quotes of the header in pairs' };
  }
  const names = fields.map(normalised);
  if (isNumeral(names[0] ?? '') || /^\d{4}[-./]\d/.test(names[0] ?? '')) {
    return {
      reason: 'no_header',
      found: shown(line),
      expected: `the header ${canonicalHeader} before the rows`,
    };
  }
  const missing = columnNames.filter((name) => !names.includes(name));
  if (missing.length === columnNames.length) {
    return { reason: 'unknown_header', found: shown(line), expected: `the header ${canonicalHeader}` };
  }
  if (missing.length > 0) {
    const columns = missing.length === 1 ? 'column' : 'columns';
    return {
      reason: 'missing_column',
      found: shown(line),
      expected: `also the ${columns} ${missing.join(', ')}`,
    };
  }
  const twice = columnNames.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) {
    return { reason: 'duplicate_column', found: `${twice} twice`, expected: 'each column once' };
  }
  const roles = Int8Array.from(names, (name) => (columnNames as readonly string[]).indexOf(name));
  return { roles, names, extraNames: names.filter((_, at) => roles[at] === -1) };
}

function delimiterFault(line: string): CandleFault | null {
  if (line.includes('\r')) {
    return {
      reason: 'lone_carriage_returns',
      found: 'lines ended by CR alone',
      expected: 'lines ended by LF or CRLF',
    };
  }
  if (line.includes(',')) return null;
  if (line.includes('\t'))
    return { reason: 'tab_delimited', found: shown(line), expected: 'commas between fields' };
  if (line.includes(';')) {
    return {
      reason: 'semicolon_delimited',
      found: shown(line),
      expected: 'commas between fields, points in numbers',
    };
  }
  return null;
}
