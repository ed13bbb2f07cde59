import type { Sexp } from './model.js';

const quotedMax = 40;
const shorten = (text: string): string => (text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text);

/** What a value is, in a few words for the `found` of an error. */
export function foundText(value: Sexp | undefined): string {
  if (value === undefined) return 'nothing';
  switch (value.kind) {
    case 'symbol':
      return `the word ${JSON.stringify(shorten(value.name))}`;
    case 'string':
      return `the text ${JSON.stringify(shorten(value.value))}`;
    case 'int':
    case 'float':
      return `the number ${shorten(String(value.value))}`;
    case 'boolean':
      return value.value ? '#t' : '#f';
    case 'list':
      return value.tail === null
        ? `a list of ${value.items.length}`
        : `a dotted list of ${value.items.length} and a tail`;
    case 'struct':
      return `a structure ${shorten(value.head)}`;
  }
}
