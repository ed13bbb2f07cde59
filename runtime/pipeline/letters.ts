import { names } from '../../protocols/dead-letters.js';
import type { LetterCursor, LetterRow } from '../../protocols/dead-letters.js';
import { dbAnswer } from '../../protocols/db-writes.js';
import { ReplRefusal } from '../../protocols/repl.js';
import type { LetterView } from '../../protocols/repl-answers.js';
import { lettersInMemory, matches } from '../inspection/letters.js';
import { preview, withoutSecrets } from '../inspection/preview.js';
import type { Letters } from '../inspection/sources.js';
import type { System } from '../system.js';
import type { Redriver } from './redrive.js';

/** Pages of the store that one look goes through. */
const limits = { pageMax: 500, pagesMax: 20, askMs: 3_000 } as const;

/**
 * The letters that the store keeps, of this process and of those before it. They are sent as they were written down, which
 * is exactly as they were or not at all.
 */
export function pipelineLetters(
  system: () => System | undefined,
  redriver: Redriver,
  bootId: string,
  wallMs: () => number,
): Letters {
  const memory = lettersInMemory(system, wallMs);
  const page = async (after: LetterCursor | null): Promise<readonly LetterRow[]> => {
    const running = system();
    if (running === undefined) throw new ReplRefusal('starting', 'the tree is still starting; ask again');
    const answer = dbAnswer(
      await running.ask(
        names.deadLetters,
        { type: 'list', after, limit: limits.pageMax },
        { deadlineMs: limits.askMs },
      ),
    );
    if (answer.ok) return answer.value;
    throw new ReplRefusal('refused', `the store of dead letters does not answer: ${answer.message}`);
  };
  return {
    list: async (filter, limit) => {
      const found: LetterView[] = [];
      let after: LetterCursor | null = null;
      for (let pages = 0; pages < limits.pagesMax; pages++) {
        const rows: readonly LetterRow[] = await page(after);
        for (const row of rows) {
          const view = viewOf(row);
          if (!matches(view, filter, wallMs())) continue;
          if (found.length === limit) return { letters: found, more: true };
          found.push({ ...view, preview: previewOf(row) });
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < limits.pageMax) return { letters: found, more: false };
        after = { atWallMs: last.atWallMs, letterId: last.letterId };
      }
      return { letters: found, more: true };
    },
    redrive: async (id, user) => {
      const by = `repl: ${user}`;
      const toldWallMs = wallMs();
      const result = await redriver.redrive(id, by);
      if (result.outcome === 'redriven') return 'accepted';
      const own = id.startsWith(`${bootId}-`) ? id.slice(bootId.length + 1) : undefined;
      // What could not be written down is in this process's memory as it was, while it is among the newest.
      if (own === undefined || result.code !== 'no_payload') return result.code;
      const told = await memory.redrive(own, user);
      const crossOff = { type: 'redriven', letterId: id, by, toldWallMs } as const;
      if (told === 'accepted') await system()?.ask(names.deadLetters, crossOff, { deadlineMs: limits.askMs });
      return told;
    },
  };
}

const viewOf = (row: LetterRow): Omit<LetterView, 'preview'> => ({
  id: row.letterId,
  reason: row.reason,
  recipient: row.recipient,
  sender: row.sender,
  type: row.messageType,
  attempts: row.attempts,
  wallMs: row.atWallMs,
  lastError: lastErrorOf(row),
});

function lastErrorOf({ errorsJson }: LetterRow): string | null {
  const errors: unknown = parsed(errorsJson);
  const last: unknown = Array.isArray(errors) ? errors.at(-1) : undefined;
  return typeof last === 'string' ? withoutSecrets(last.slice(0, 500)) : null;
}

const previewOf = ({ payloadJson, payloadType }: LetterRow): string =>
  payloadJson === null ? `(${payloadType}, not written down)` : preview(parsed(payloadJson));

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
