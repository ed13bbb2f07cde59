/** Puts into one order what OTP leaves without one, on both sides alike. */
import type { Node, Scenario } from './scenario.js';

interface Line {
  readonly what: string;
  /** `path#number`; empty where the line is about no process. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

const parse = (text: string): Line => {
  const [what = '', name = ''] = text.split(' ');
  const isProcess = name.includes('#') && what !== 'answer';
  return { what, name: isProcess ? name : '', path: isProcess ? (name.split('#')[0] ?? '') : '', text };
};

const ending = new Set(['exit', 'terminate', 'trapped']);
const below = (path: string, above: string): boolean => path.startsWith(`${above}/`);
const byText = (a: Line, b: Line): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);

export function normalise(scenario: Scenario, texts: readonly string[]): readonly string[] {
  const dynamic = dynamicPaths(scenario.root, scenario.root.id);
  return asksOfDynamic(dynamic, deathsOfKilled(texts.map(parse))).map(({ text }) => text);
}

/** B11: a killed supervisor takes along all that lives below it, in no defined order, and its parent does not wait. */
function deathsOfKilled(lines: readonly Line[]): readonly Line[] {
  const result: Line[] = [];
  const living = new Set<string>();
  let rest = [...lines];
  for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
    result.push(line);
    const { what, name, path, text } = line;
    if (what === 'start') living.add(name);
    if (what !== 'exit') continue;
    living.delete(name);
    if (!text.endsWith(' killed')) continue;
    const taken = (other: Line): boolean =>
      ending.has(other.what) && living.has(other.name) && below(other.path, path);
    const along = rest.filter(taken);
    rest = rest.filter((other) => !taken(other));
    result.push(...along.sort(byText));
    for (const other of along) if (other.what === 'exit') living.delete(other.name);
  }
  return result;
}

/** H7: a dynamic supervisor asks all its children at once. */
function asksOfDynamic(dynamic: ReadonlySet<string>, lines: readonly Line[]): readonly Line[] {
  const result: Line[] = [];
  for (const line of lines) {
    if (line.what === 'exit' && dynamic.has(line.path)) {
      let from = result.length;
      for (let at = from - 1; at >= 0; at--) {
        const before = result[at];
        if (before === undefined || !ending.has(before.what) || !below(before.path, line.path)) break;
        from = at;
      }
      result.push(...result.splice(from).sort(byText));
    }
    result.push(line);
  }
  return result;
}

function dynamicPaths(node: Node, path: string): Set<string> {
  if (node.kind === 'worker') return new Set();
  if (node.kind === 'dynamic') return new Set([path]);
  return new Set(node.children.flatMap((inner) => [...dynamicPaths(inner, `${path}/${inner.id}`)]));
}
