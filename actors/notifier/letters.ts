import type { Ctx } from '../kernel/behavior.js';
import { names as deadLetters } from '../../protocols/dead-letters.js';
import type { Ending } from './lane-state.js';
import { tellIfThere } from './tell-if-there.js';

/**
 * For a notification that was given up: what it said, why and after how many attempts, and nothing of the address. Its row
 * says it too, and a redrive gives the row its attempts back.
 */
export function keepNotification(
  ctx: Ctx<never>,
  lane: string,
  { notification, judgement, ended }: Ending,
): void {
  const { attemptId, attemptsUsed, seq: _seq, number: _number, ...said } = notification;
  const { code, message } = judgement;
  tellIfThere(ctx, deadLetters.deadLetters, {
    type: 'keep',
    letters: [
      {
        letterId: `notification:${attemptId}`,
        atWallMs: ended.wallMs,
        reason: 'undeliverable',
        recipient: deskPath(ctx.path),
        sender: ctx.path,
        incarnation: ctx.handle.incarnation,
        messageType: 'notification',
        payloadVersion: 1,
        payloadJson: JSON.stringify({ lane, ...said }),
        payloadType: 'Object',
        attempts: attemptsUsed + 1,
        errorsJson: JSON.stringify([`${code ?? 'unknown'}: ${message}`]),
      },
    ],
  });
}

/** The desk stands beside the lanes' subtrees, whatever stands above them. */
const deskPath = (lanePath: string): string => `${lanePath.split('/').slice(0, -2).join('/')}/desk`;
