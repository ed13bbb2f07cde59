import type { DeadLetter } from '../../actors/kernel/dead-letters.js';
import { describeError } from '../../protocols/exit-reason.js';
import type { LetterFilter } from '../../protocols/repl.js';
import type { LettersAnswer, LetterView, RedriveAnswer } from '../../protocols/repl-answers.js';
import type { VerbArgs } from '../../protocols/repl.js';
import type { System } from '../system.js';
import { fit, isWithin } from './fit.js';
import { preview, typeLabel, withoutSecrets } from './preview.js';
import type { Call, Letters, Surroundings } from './sources.js';

const errorCharsMax = 500;

export const matches = (letter: Omit<LetterView, 'preview'>, filter: LetterFilter, wallMs: number): boolean =>
  (filter.id === undefined || letter.id === String(filter.id)) &&
  (filter.reason === undefined || letter.reason === filter.reason) &&
  (filter.type === undefined || letter.type === filter.type) &&
  isWithin(letter.recipient, filter.recipient) &&
  (filter.withinSeconds === undefined || wallMs - letter.wallMs <= filter.withinSeconds * 1_000);

const viewOf = (letter: DeadLetter): Omit<LetterView, 'preview'> => ({
  id: String(letter.id),
  reason: letter.reason,
  recipient: letter.recipient,
  sender: letter.sender ?? null,
  type: typeLabel(letter.message),
  attempts: letter.attempts,
  wallMs: letter.wallMs,
  lastError:
    letter.errors.length === 0
      ? null
      : withoutSecrets(describeError(letter.errors.at(-1)).slice(0, errorCharsMax)),
});

/** The newest dead letters of a system, as the kernel keeps them in memory. */
export const lettersInMemory = (system: () => System | undefined, wallMs: () => number): Letters => ({
  list: (filter, limit) => {
    const found: LetterView[] = [];
    for (const letter of system()?.deadLetters() ?? []) {
      const view = viewOf(letter);
      if (!matches(view, filter, wallMs())) continue;
      if (found.length === limit) return Promise.resolve({ letters: found, more: true });
      found.push({ ...view, preview: preview(letter.message) });
    }
    return Promise.resolve({ letters: found, more: false });
  },
  redrive: (id) => {
    const running = system();
    const outcome = /^\d+$/.test(id) && running !== undefined ? running.redrive(Number(id)) : 'not_found';
    return Promise.resolve(outcome);
  },
});

export async function deadLetters(
  letters: Letters,
  { limit, ...filter }: VerbArgs<'dead_letters'>,
): Promise<LettersAnswer> {
  const { letters: found, more } = await letters.list(filter, limit);
  return { ...fit(found), more };
}

/** Oldest first, not faster than asked; a recipient that is full ends it, since the next one would be refused too. */
export async function redrive(
  letters: Letters,
  { dryRun, rate, limit, ...filter }: VerbArgs<'redrive'>,
  { pause }: Surroundings,
  { signal, emit, user }: Pick<Call, 'signal' | 'emit' | 'user'>,
): Promise<RedriveAnswer> {
  const { letters: found } = await letters.list(filter, limit);
  const rows: { id: string; recipient: string; outcome: string }[] = [];
  const refused: Record<string, number> = {};
  let accepted = 0;
  for (const { id, recipient } of found) {
    if (signal.aborted) break;
    const outcome = dryRun ? 'would be sent' : await letters.redrive(id, user);
    rows.push({ id, recipient, outcome });
    if (dryRun) continue;
    if (outcome === 'accepted') accepted++;
    else refused[outcome] = (refused[outcome] ?? 0) + 1;
    emit({ id, recipient, outcome });
    if (outcome === 'full' || outcome === 'not_accepted') break;
    if (rows.length < found.length) await pause(1_000 / rate, signal);
  }
  const left = found.length - rows.length;
  return { dryRun, matched: found.length, accepted, refused, left, rows: fit(rows).rows };
}
