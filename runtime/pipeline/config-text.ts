/** JSON as people write it: with comments and with commas after the last entry. */

export type ParsedText =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly problem: string };

/** What may stand in front of something that is no text: texts are matched whole, so that nothing in them is taken for it. */
const tokens =
  /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/** Law: JSON is read as JSON.parse reads it. Places of errors are those of the text as it was written. */
export function parseConfigText(text: string): ParsedText {
  const bare = text
    .replace(/^\uFEFF/, ' ')
    .replace(tokens, (token) => (token.startsWith('"') ? token : token.replace(/[^\n]/g, ' ')));
  try {
    return { ok: true, value: JSON.parse(bare) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const at = Number(/position (\d+)/.exec(problem)?.[1] ?? bare.trimEnd().length);
    const before = bare.slice(0, at).split('\n');
    // The message quotes the text around the place, and that can be a secret.
    return {
      ok: false,
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
      problem: kindOf(problem),
    };
  }
}

const kindOf = (problem: string): string =>
  /end of JSON input|Unterminated|Expected .* after/i.test(problem)
    ? 'expected a comma, a bracket or the end of a text here'
    : 'expected JSON (with // comments) here';
