import type { Ctx } from '../kernel/behavior.js';
import { names } from '../../protocols/dead-letters.js';
import { tellIfThere } from './tell-if-there.js';

export interface LetterParts {
  /** The same event again must give the same id. */
  readonly letterId: string;
  readonly reason: string;
  readonly messageType: string;
  readonly payload: object;
  readonly attempts: number;
  readonly errors: readonly string[];
}

/** For what ended here without having had its effect. The rows say it too; the letter is where people look. */
export function keepLetter(ctx: Ctx<never>, parts: LetterParts): void {
  const { letterId, reason, messageType, payload, attempts, errors } = parts;
  tellIfThere(ctx, names.deadLetters, {
    type: 'keep',
    letters: [
      {
        letterId,
        atWallMs: ctx.wallMs(),
        reason,
        recipient: ctx.path,
        sender: null,
        incarnation: ctx.handle.incarnation,
        messageType,
        payloadVersion: 1,
        payloadJson: JSON.stringify(payload),
        payloadType: 'Object',
        attempts,
        errorsJson: JSON.stringify(errors),
      },
    ],
  });
}
