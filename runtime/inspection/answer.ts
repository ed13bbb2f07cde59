import type { z } from 'zod';
import { isVerb, ReplRefusal, verbSchemas, writeVerbs } from '../../protocols/repl.js';
import type { VerbArgs, VerbName } from '../../protocols/repl.js';
import type { System } from '../system.js';
import { killPlace, setSetting, setSuspended, settingRows } from './changes.js';
import { deadLetters, redrive } from './letters.js';
import { inspectOne, mailbox, tree } from './places.js';
import { preview } from './preview.js';
import type { Call, InspectionSources } from './sources.js';
import { top } from './top.js';
import { trace } from './trace.js';
import { whyAlive } from './why-alive.js';

/**
 * Answers one request.
 * @throws ReplRefusal for everything that a client may have asked wrongly; anything else is a bug of ours
 */
export async function answer(
  sources: InspectionSources,
  verb: string,
  args: unknown,
  call: Call,
): Promise<unknown> {
  if (!isVerb(verb))
    throw new ReplRefusal(
      'unknown_verb',
      `no verb ${verb.slice(0, 50)}; there are ${Object.keys(verbSchemas).join(', ')}`,
    );
  const parsed = verbSchemas[verb].safeParse(args);
  if (!parsed.success) throw new ReplRefusal('bad_arguments', `${verb}: ${problemsOf(parsed.error)}`);
  const run = runners[verb] as Runner<VerbName>;
  if (!writeVerbs.has(verb)) return run(sources, parsed.data, call);
  return recorded(sources, verb, parsed.data, call.user, () => run(sources, parsed.data, call));
}

const problemsOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? 'arguments' : path.join('.')}: ${message}`)
    .join('; ')
    .slice(0, 1_000);

type Runner<V extends VerbName> = (
  sources: InspectionSources,
  args: VerbArgs<V>,
  call: Call,
) => Promise<unknown>;

const runners: { readonly [V in VerbName]: Runner<V> } = {
  tree: async (sources, args, { signal }) => tree(running(sources), args, sources.surroundings, signal),
  inspect: async (sources, { path }) => Promise.resolve(inspectOne(running(sources), path)),
  mailbox: async (sources, args) => Promise.resolve(mailbox(running(sources), args)),
  top: async (sources, args, call) => top(running(sources), args, sources.surroundings, call),
  trace: async (sources, args, call) => trace(running(sources), args, sources.surroundings, call),
  dead_letters: async ({ letters }, args) => deadLetters(letters, args),
  why_alive: async (sources) => Promise.resolve(whyAlive(running(sources), sources.surroundings.resources())),
  settings: async ({ settings }) => settingRows(settings),
  interventions: async ({ interventions }, { limit }) => Promise.resolve(interventions.list(limit)),
  redrive: async (sources, args, call) => redrive(sources.letters, args, sources.surroundings, call),
  kill: async (sources, { path }) => Promise.resolve(killPlace(running(sources), path)),
  suspend: async (sources, { path }) => Promise.resolve(setSuspended(running(sources), path, true)),
  resume: async (sources, { path }) => Promise.resolve(setSuspended(running(sources), path, false)),
  set: async ({ settings }, args, { user }) => setSetting(settings, args, user),
};

function running({ system }: InspectionSources): System {
  const found = system();
  if (found === undefined) throw new ReplRefusal('starting', 'the tree is still starting; ask again');
  return found;
}

/** Also what was tried and refused: both are done by hand. A dry run changes nothing. */
async function recorded(
  { interventions, surroundings }: InspectionSources,
  verb: VerbName,
  args: object,
  user: string,
  run: () => Promise<unknown>,
): Promise<unknown> {
  if ('dryRun' in args && args.dryRun === true) return run();
  const note = (outcome: string): void =>
    interventions.record({ wallMs: surroundings.wallMs(), user, verb, args: preview(args), outcome });
  try {
    const value = await run();
    note(outcomeOf(value));
    return value;
  } catch (error) {
    note(error instanceof ReplRefusal ? `${error.code}: ${error.message.slice(0, 300)}` : 'failed');
    throw error;
  }
}

function outcomeOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    if ('done' in value && typeof value.done === 'string') return value.done.slice(0, 300);
    if ('matched' in value && 'accepted' in value)
      return `${String(value.accepted)} of ${String(value.matched)} accepted`;
  }
  return 'done';
}
