/** The S-expression dialect of the wire: a tolerant reader, a strict writer, and typed access to what was read. */
export {
  alist,
  boolean,
  float,
  int,
  list,
  members,
  pair,
  symbol,
  text,
  type Sexp,
  type SexpBoolean,
  type SexpFloat,
  type SexpInt,
  type SexpList,
  type SexpString,
  type SexpStruct,
  type SexpSymbol,
} from './model.js';
export { describeSexpError, type SexpError, type SexpErrorCode } from './error.js';
export { sexpLimits, tokenCharsMax, type SexpLimits } from './limits.js';
export { readSexp, readSexpForm, type SexpFormReading, type SexpReading } from './read.js';
export {
  bareName,
  fields,
  isAlist,
  isNilName,
  normaliseKey,
  type Fields,
  type FieldsReading,
} from './fields.js';
export { asBoolean, asInteger, asList, asNumber, asText, type MissReason, type Typed } from './access.js';
export { foundText } from './found.js';
export { SexpWriteError, writeSexp, type SexpWriteErrorCode, type SexpWriteOptions } from './write.js';
