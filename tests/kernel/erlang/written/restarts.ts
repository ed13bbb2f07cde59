/** Which restart follows which end, how often, and what comes of a start that fails: sections C to F. */
import {
  after,
  burst,
  count,
  each,
  exit,
  remove,
  restart,
  root,
  start,
  stop,
  sup,
  terminate,
  which,
  worker,
} from '../build.js';
import type { Scenario } from '../scenario.js';
import { abc, play, reasons, restarts, strategies } from './shared.js';

/** C and D: strategy, restart type, reason, and whether the process ends itself or is hit. */
export const grid: readonly Scenario[] = strategies.flatMap((strategy) =>
  restarts.flatMap((kind) =>
    reasons.map((reason) =>
      play(
        `C D ${strategy} ${kind} ${reason}`,
        root([
          sup(
            's',
            [
              worker('a'),
              worker('down', { restart: 'transient' }),
              worker('b', { restart: kind }),
              worker('gone', { restart: 'temporary' }),
              worker('off'),
              worker('c', { traps: true }),
            ],
            { strategy },
          ),
        ]),
        each(stop('s/down', 'normal'), terminate('s', 'off'), stop('s/b', reason), which('s'), count('s')),
        each(start('s', worker('b', { restart: kind, traps: true })), exit('s/b', reason), which('s')),
        each(restart('s', 'b'), exit('s/b', 'kill'), which('s')),
      ),
    ),
  ),
);

export const bursts: readonly Scenario[] = strategies.flatMap((strategy) => [
  play(
    `D7 ${strategy} a burst`,
    root([
      sup('s', [...abc(), worker('t', { restart: 'temporary' }), worker('e', { restart: 'transient' })], {
        strategy,
      }),
    ]),
    burst('s', exit('s/c'), exit('s/a', 'kill'), exit('s/e', 'shutdown')),
    burst('s', exit('s/a'), exit('s/t'), exit('s/c'), exit('s/e')),
    each(which('s'), count('s')),
  ),
  play(
    `D7 ${strategy} a burst over the limit`,
    root([sup('s', abc(), { strategy, intensity: 1 }), worker('z')]),
    burst('s', exit('s/b'), exit('s/a'), which('s')),
    each(which(), count('s')),
    burst('s', stop('s/a'), stop('s/b'), stop('s/c')),
    each(which()),
  ),
  play(
    `D7 ${strategy} calls among deaths`,
    root([sup('s', abc(), { strategy })]),
    burst(
      's',
      which('s'),
      exit('s/a'),
      count('s'),
      restart('s', 'a'),
      terminate('s', 'b'),
      exit('s/c'),
      which('s'),
      remove('s', 'a'),
    ),
    each(which('s')),
  ),
]);

export const intensity: readonly Scenario[] = [
  ...strategies.flatMap((strategy) =>
    [0, 1, 2].map((limit) =>
      play(
        `E1 E5 ${strategy} ${limit}`,
        root([
          worker('x'),
          sup('s', abc(), { strategy, intensity: limit, restart: 'transient' }),
          worker('y'),
        ]),
        each(stop('s/b'), stop('s/c'), stop('s/a'), which()),
        each(restart('', 's'), stop('s/a'), which('s')),
      ),
    ),
  ),
  play(
    'E2 the window slides',
    root([sup('s', abc(), { intensity: 1, periodS: 1, restart: 'temporary' })]),
    each(stop('s/a')),
    after(2_200, each(stop('s/b'))),
    each(which('s')),
  ),
  play(
    'E4 what is not counted',
    root([
      sup('s', [worker('a'), worker('t', { restart: 'temporary' }), worker('e', { restart: 'transient' })], {
        intensity: 1,
      }),
    ]),
    each(
      stop('s/t'),
      stop('s/e', 'normal'),
      terminate('s', 'a'),
      restart('s', 'a'),
      start('s', worker('n')),
      restart('s', 'e'),
      stop('s/a'),
      which('s'),
      stop('s/n'),
      which(),
    ),
  ),
  play(
    'E6 an empty history',
    root([sup('s', abc(), { intensity: 1 })], { intensity: 2 }),
    each(
      stop('s/a'),
      stop('s/b'),
      stop('s/a'),
      which('s'),
      stop('s/a'),
      which(),
      stop('s/a'),
      stop('s/a'),
      which(),
    ),
  ),
];

export const failing: readonly Scenario[] = [
  ...strategies.flatMap((strategy) => [
    play(
      `F1 ${strategy} never again`,
      root([
        worker('x'),
        sup('s', [worker('a'), worker('b', { starts: ['ok', 'fail error'] }), worker('c')], {
          strategy,
          intensity: 3,
          restart: 'temporary',
        }),
      ]),
      each(stop('s/b'), which()),
    ),
    play(
      `F4 F5 ${strategy} another fails`,
      root([
        sup(
          's',
          [
            worker('a'),
            worker('b'),
            worker('c', { starts: ['ok', 'fail error', 'fail shutdown', 'ok'] }),
            worker('d'),
          ],
          { strategy },
        ),
      ]),
      each(stop('s/b'), which('s'), stop('s/c'), stop('s/a'), which('s')),
    ),
    play(
      `F6 ${strategy} ignored in a restart`,
      root([
        sup('s', [worker('a'), worker('b', { starts: ['ok', 'ignore', 'ok'] }), worker('c')], { strategy }),
      ]),
      each(stop('s/b'), which('s'), stop('s/a'), which('s')),
    ),
    play(
      `F2 F3 ${strategy} calls between attempts`,
      root([
        sup(
          's',
          [
            worker('a'),
            worker('b', { starts: ['ok', 'fail error', 'fail error', 'fail error', 'ok'] }),
            worker('c'),
          ],
          { strategy },
        ),
      ]),
      burst(
        's',
        exit('s/b'),
        which('s'),
        count('s'),
        restart('s', 'b'),
        remove('s', 'b'),
        start('s', worker('b')),
        terminate('s', 'b'),
        which('s'),
        restart('s', 'b'),
        remove('s', 'b'),
      ),
      each(which('s')),
    ),
    play(
      `F1 J ${strategy} a subtree that fails`,
      root(
        [
          worker('x'),
          sup('s', [worker('a'), worker('b', { starts: ['ok', 'fail error', 'fail error', 'ok'] })], {
            strategy,
            intensity: 0,
          }),
          worker('y'),
        ],
        { strategy, intensity: 4 },
      ),
      each(stop('s/a'), which(), which('s'), stop('s/b'), which()),
    ),
  ]),
];
