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
  const problem = problemOf(bare);
  if (problem === undefined) return { ok: true, value: JSON.parse(bare) };
  const at = placeOf(bare);
  const before = bare.slice(0, at).split('\n');
  const isAtEnd = at >= bare.trimEnd().length;
  return {
    ok: false,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    // The engine's own message quotes the text around the place, and that can be a secret.
    problem: isAtEnd ? 'the end of the file' : 'something else',
  };
}

/** The message of the engine, or undefined for JSON. */
function problemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The engine names a place in some of its messages only: it is where the text, cut off there, could not be gone on with. */
function placeOf(text: string): number {
  let viable = 0;
  let broken = text.length + 1;
  while (broken - viable > 1) {
    const middle = Math.floor((viable + broken) / 2);
    if (canGoOn(text.slice(0, middle))) viable = middle;
    else broken = middle;
  }
  return viable;
}

/** Whether all that is wrong with a text is that it ends. */
function canGoOn(text: string): boolean {
  const problem = problemOf(text);
  if (problem === undefined || /end of JSON input/.test(problem)) return true;
  const at = /position (\d+)/.exec(problem)?.[1];
  return at !== undefined && Number(at) >= text.length;
}
