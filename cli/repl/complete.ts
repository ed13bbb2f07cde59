import { topics } from './help.js';

/** What completion knows: the process told it when the session began, and `tree` tells it more. */
export interface Known {
  readonly verbs: readonly string[];
  readonly paths: () => readonly string[];
  readonly keys: readonly string[];
}

type Completion = [completions: string[], completed: string];

/** Within `set('` keys, within `help('` topics, within any other verb's first text paths; undefined elsewhere. */
export function completeArgument(line: string, known: Known): Completion | undefined {
  const match = /(?:^|[^\w.$])([A-Za-z]+)\(\s*(?:\{[^{}]*\b(?:path|recipient):\s*)?(['"`])([^'"`]*)$/.exec(
    line,
  );
  if (match === null) return undefined;
  const [, verb = '', quote = '', begun = ''] = match;
  if (!known.verbs.includes(verb)) return undefined;
  const candidates =
    verb === 'set'
      ? known.keys
      : verb === 'help'
        ? Object.keys(topics)
        : verb === 'top' && !line.includes('{')
          ? ['depth', 'turns', 'handled', 'age']
          : steps(known.paths(), begun);
  const fitting = candidates.filter((candidate) => candidate.startsWith(begun));
  // A whole one is closed, so that Enter is next; a path may go on.
  const only = fitting.length === 1 ? fitting[0] : undefined;
  const goesOn = only !== undefined && known.paths().some((path) => path.startsWith(`${only}/`));
  return [only === undefined || goesOn ? [...fitting] : [`${only}${quote}`], begun];
}

/** One level at a time, as a shell completes folders. */
function steps(paths: readonly string[], begun: string): readonly string[] {
  // A whole path with something below it goes on there.
  const isWhole = paths.some((path) => path.startsWith(`${begun}/`));
  const level = begun.split('/').length + (isWhole ? 1 : 0);
  return [
    ...new Set(
      paths.filter((path) => path.startsWith(begun)).map((path) => path.split('/').slice(0, level).join('/')),
    ),
  ];
}

/** A verb's name is completed together with its bracket. */
export function completeVerb(line: string, { verbs }: Known): Completion | undefined {
  const begun = /^\s*(?:await\s+)?([A-Za-z]*)$/.exec(line)?.[1];
  if (begun === undefined || begun === '') return undefined;
  const fitting = verbs.filter((verb) => verb.startsWith(begun));
  return fitting.length === 0 ? undefined : [fitting.map((verb) => `${verb}(`), begun];
}
