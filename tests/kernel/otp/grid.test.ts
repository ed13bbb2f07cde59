/** Strategy x restart type x exit reason: what starts and dies, in order, after the middle one of three children ends. */
import { describe, expect, test } from '@jest/globals';
import {
  isNormalLike,
  kill,
  killed,
  noproc,
  normal,
  shutdown,
  shutdownWith,
} from '../../../runtime/index.js';
import type { ExitReason, Strategy } from '../../../runtime/index.js';
import { error, stopWith, worker } from '../harness/child.js';
import { labelOf, startLab } from '../harness/lab.js';
import { restarts, root, strategies } from '../harness/trees.js';

const reasons: readonly ExitReason[] = [normal, shutdown, shutdownWith('x'), error, killed, kill, noproc];

/** The statements' own answer: C1 to C4 say whether there is a restart, D1 to D3 whom it moves. */
function expected(strategy: Strategy, restart: (typeof restarts)[number], reason: ExitReason) {
  const exit = `exit b#1 ${labelOf(reason)}`;
  if (restart === 'temporary') return { lines: [exit], states: ['a running', 'c running'] };
  if (restart === 'transient' && isNormalLike(reason))
    return { lines: [exit], states: ['a running', 'b down', 'c running'] };
  const moved = {
    one_for_one: [exit, 'start b#2'],
    rest_for_one: [exit, 'exit c#1 shutdown', 'start b#2', 'start c#2'],
    one_for_all: [exit, 'exit c#1 shutdown', 'exit a#1 shutdown', 'start a#2', 'start b#2', 'start c#2'],
  };
  return { lines: moved[strategy], states: ['a running', 'b running', 'c running'] };
}

const grid = strategies.flatMap((strategy) =>
  restarts.flatMap((restart) =>
    reasons.map((reason) => ({ strategy, restart, reason, label: labelOf(reason) })),
  ),
);

describe('C1 to C6, D1 to D3 the grid', () => {
  test.each(grid)(
    'C1 to C6 and D1 to D3: under $strategy a $restart child ends with $label',
    async ({ strategy, restart, reason }) => {
      const lab = await startLab(root([worker('a'), worker('b', { restart }), worker('c')], { strategy }));
      lab.take();
      lab.tell('b', stopWith(reason));
      const { lines, states } = expected(strategy, restart, reason);
      expect(lab.take()).toEqual(lines);
      expect(await lab.states()).toEqual(states);
      await lab.stop();
    },
  );

  test.each(grid)(
    'C1, C2, C4, E4: with intensity 0 under $strategy a $restart child that ends with $label is a crash or is not',
    async ({ strategy, restart, reason }) => {
      const lab = await startLab(
        root([worker('a'), worker('b', { restart }), worker('c')], { strategy, intensity: 0 }),
      );
      lab.take();
      lab.tell('b', stopWith(reason));
      const counted = expected(strategy, restart, reason).lines.length > 1;
      expect(lab.take()).toEqual([
        `exit b#1 ${labelOf(reason)}`,
        ...(counted ? ['exit c#1 shutdown', 'exit a#1 shutdown', 'exit root#1 shutdown'] : []),
      ]);
      await lab.stop();
    },
  );
});
