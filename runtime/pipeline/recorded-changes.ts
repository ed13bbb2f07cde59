/** What is changed by hand over HTTP is kept, counted and logged like what is changed in the REPL. */
import type { HttpChange, HttpChanges, HttpReply } from '../../actors/operations/ports.js';
import type { InterventionRow } from '../../protocols/repl-answers.js';
import { preview, withoutSecrets } from '../inspection/preview.js';

/** The REPL's words for the same. What is not among them is ordinary work, such as handing in a job. */
const verbs: ReadonlyMap<string, string> = new Map([
  ['/api/dead-letters/redrive', 'redrive'],
  ['/api/dispatch', 'set'],
  ['/api/reload', 'reload'],
  ['/api/lanes/retry', 'retry_lane'],
  ['/api/requests/cancel', 'cancel'],
]);

/** How much of a refusal is kept. */
const outcomeCharsMax = 300;

/** Also what was refused: both are done by hand. A dry run changes nothing. */
export const recordedChanges = (
  changes: HttpChanges,
  record: (row: InterventionRow) => void,
  wallMs: () => number,
): HttpChanges =>
  new Map(
    [...changes].map(([path, change]) => {
      const verb = verbs.get(path);
      return [path, verb === undefined ? change : recorded];
      async function recorded(asked: HttpChange): Promise<HttpReply> {
        if (isDryRun(asked.body)) return change(asked);
        const note = (outcome: string): void =>
          record({
            wallMs: wallMs(),
            user: asked.by,
            verb: verb ?? path,
            args: preview(asked.body),
            outcome: withoutSecrets(outcome).slice(0, outcomeCharsMax),
          });
        try {
          const reply = await change(asked);
          note(reply.status < 400 ? 'done' : `${reply.status}: ${reply.body.trim()}`);
          return reply;
        } catch (error) {
          note('failed');
          throw error;
        }
      }
    }),
  );

const isDryRun = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'dryRun' in body && body.dryRun === true;
