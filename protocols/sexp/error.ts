/** Why a text is not an S-expression that we take. */
export type SexpErrorCode =
  | 'empty_text'
  | 'unterminated_list'
  | 'unterminated_string'
  | 'unexpected_close'
  | 'bad_dot'
  | 'trailing_text'
  | 'unexpected_character'
  | 'unsupported_syntax'
  | 'token_too_long'
  | 'bad_struct'
  | 'bad_array'
  | 'not_an_alist'
  | 'bad_key'
  | 'duplicate_key'
  | 'too_deep'
  | 'too_large'
  | 'too_many_elements'
  | 'too_slow';

/** Foreign text is weather, so this is a value and not an exception. */
export interface SexpError {
  readonly code: SexpErrorCode;
  /** Offset into the text in UTF-16 units; null when the value was read and its shape was refused. */
  readonly at: number | null;
  readonly expected: string;
  readonly found: string;
}

/** One line for people. */
export function describeSexpError({ code, at, expected, found }: SexpError): string {
  const where = at === null ? '' : ` at offset ${at}`;
  return `${code}${where}: expected ${expected}, found ${found}`;
}
