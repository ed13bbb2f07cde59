/** Significant children, levels, links and names: sections I to N. */
import {
  burst,
  each,
  exit,
  link,
  restart,
  root,
  start,
  stop,
  sup,
  terminate,
  unlink,
  which,
  worker,
} from '../build.js';
import type { Scenario } from '../scenario.js';
import { abc, play, reasons, restarts, strategies } from './shared.js';

export const significant: readonly Scenario[] = (['any_significant', 'all_significant'] as const).flatMap(
  (autoShutdown) => [
    ...reasons.flatMap((reason) =>
      (['transient', 'temporary'] as const).map((kind) =>
        play(
          `I1 to I4 ${autoShutdown} ${kind} ${reason}`,
          root([
            worker('x'),
            sup(
              's',
              [
                worker('a', { restart: kind, significant: true }),
                worker('b'),
                worker('c', { restart: 'transient', significant: true }),
              ],
              { autoShutdown, restart: 'transient' },
            ),
          ]),
          each(stop('s/a', reason), which('s'), which()),
          each(stop('s/c', 'normal'), which()),
          each(restart('', 's'), stop('s/b', 'normal')),
        ),
      ),
    ),
    play(
      `I6 ${autoShutdown} terminate_child`,
      root([
        sup(
          's',
          [
            worker('a', { restart: 'transient', significant: true }),
            worker('b', { restart: 'temporary', significant: true }),
          ],
          { autoShutdown },
        ),
      ]),
      each(
        terminate('s', 'a'),
        terminate('s', 'b'),
        which('s'),
        restart('s', 'a'),
        start('s', worker('n', { restart: 'temporary', significant: true })),
        stop('s/a', 'normal'),
        which('s'),
        stop('s/n', 'error'),
        which('s'),
      ),
    ),
    ...(['one_for_all', 'rest_for_one'] as const).map((strategy) =>
      play(
        `I7 ${autoShutdown} ${strategy}`,
        root([
          sup(
            's',
            [
              worker('a'),
              worker('b', { restart: 'temporary', significant: true }),
              worker('c', { restart: 'transient', significant: true }),
            ],
            { autoShutdown, strategy },
          ),
        ]),
        each(stop('s/a'), which('s'), stop('s/c', 'shutdown'), which('s')),
      ),
    ),
    ...restarts.map((kind) =>
      play(
        `I9 I10 ${autoShutdown} ${kind}`,
        root([
          worker('x'),
          sup(
            's',
            [
              worker('a'),
              sup('t', [worker('b'), worker('c', { restart: 'transient', significant: true })], {
                autoShutdown,
                restart: kind,
                significant: kind !== 'permanent',
                intensity: 0,
              }),
            ],
            { autoShutdown, restart: kind },
          ),
        ]),
        each(stop('s/t/c', 'normal'), which()),
        each(restart('', 's'), stop('s/t/b'), which()),
      ),
    ),
    play(
      `I4 ${autoShutdown} a burst`,
      root([
        sup(
          's',
          [
            worker('a', { restart: 'transient', significant: true }),
            worker('b', { restart: 'transient', significant: true }),
            worker('c', { restart: 'temporary', significant: true }),
          ],
          { autoShutdown, restart: 'transient' },
        ),
      ]),
      burst('s', exit('s/a', 'shutdown'), exit('s/b'), exit('s/c'), which('s')),
      each(stop('s/b', 'normal'), which()),
    ),
  ],
);

export const nesting: readonly Scenario[] = [
  ...strategies.flatMap((strategy) =>
    restarts.map((kind) =>
      play(
        `J1 J2 J5 ${strategy} ${kind}`,
        root(
          [worker('x'), sup('s', [worker('a'), worker('b')], { intensity: 1, restart: kind }), worker('y')],
          { strategy },
        ),
        each(start('s', worker('n')), terminate('s', 'b'), stop('s/a'), stop('s/a'), which(), which('s')),
        each(restart('', 's'), which('s')),
      ),
    ),
  ),
  play(
    'J3 levels multiply',
    root(
      [
        sup('s', [sup('t', [worker('a', { starts: ['ok', 'dies error'] })], { intensity: 2 })], {
          intensity: 2,
        }),
      ],
      { intensity: 2 },
    ),
    each(stop('s/t/a')),
  ),
  play(
    'J6 a crash inside is not seen outside',
    root(
      [
        worker('x'),
        sup('s', [sup('t', abc(), { strategy: 'one_for_all' }), worker('b')], { strategy: 'rest_for_one' }),
      ],
      { strategy: 'one_for_all' },
    ),
    each(stop('s/t/b'), stop('s/b'), which('s')),
  ),
];

export const links: readonly Scenario[] = reasons.flatMap((reason) => [
  play(
    `K1 K2 ${reason} along a chain`,
    root(['a', 'b', 'c', 'd'].map((id) => worker(id, { restart: 'transient', traps: id === 'd' }))),
    each(link('a', 'b'), link('b', 'c'), link('c', 'd')),
    burst('', stop('a', reason)),
    each(which(), stop('d', reason)),
  ),
  play(
    `K3 K4 K5 ${reason} as a signal`,
    root([
      worker('a', { restart: 'temporary' }),
      worker('b', { restart: 'temporary', traps: true }),
      worker('c', { restart: 'temporary', traps: true }),
    ]),
    each(link('b', 'c'), exit('a', reason), exit('b', reason), stop('b', reason), stop('c', 'normal')),
  ),
  play(
    `K6 K7 ${reason} unlinked, and links to the dead`,
    root([
      worker('a', { restart: 'temporary' }),
      worker('b', { restart: 'transient' }),
      worker('c', { traps: true }),
    ]),
    each(link('a', 'b'), link('b', 'a'), unlink('b', 'a')),
    burst('', stop('a', reason)),
    each(link('c', 'a'), link('b', 'a'), which()),
  ),
]);

export const names: readonly Scenario[] = [
  ...strategies.map((strategy) =>
    play(
      `N1 N2 ${strategy} names are free in time`,
      root([worker('a', { name: 'holdfast_a' }), worker('b', { name: 'holdfast_b' }), worker('c')], {
        strategy,
      }),
      each(stop('a'), exit('b', 'kill'), stop('c'), which()),
      burst('', exit('b'), exit('a')),
    ),
  ),
  play(
    'N4 a taken name',
    root([
      worker('a', { name: 'holdfast_a' }),
      sup('s', [worker('b')], { intensity: 1, restart: 'temporary' }),
    ]),
    each(
      start('s', worker('n', { name: 'holdfast_a' })),
      which('s'),
      terminate('', 'a'),
      start('s', worker('n', { name: 'holdfast_a' })),
      restart('', 'a'),
      which(),
      exit('s', 'kill'),
      restart('', 'a'),
    ),
  ),
];
