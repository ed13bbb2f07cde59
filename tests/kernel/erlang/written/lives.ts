/** Starts and stops: sections A and B. */
import {
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
import { abc, play, restarts } from './shared.js';

export const starting: readonly Scenario[] = [
  play(
    'A1 children die while others still start',
    root([
      worker('a', { starts: ['dies error', 'ok'] }),
      worker('b'),
      worker('c', { starts: ['dies kill', 'ok'] }),
    ]),
  ),
  play(
    'A1 in the order of death',
    root(
      [
        worker('a', { starts: ['dies error', 'ok'] }),
        worker('b', { starts: ['dies shutdown', 'ok'] }),
        worker('c'),
      ],
      { strategy: 'rest_for_one' },
    ),
  ),
  ...(['fail error', 'fail shutdown', 'fail normal', 'fail kill'] as const).flatMap((fails) =>
    restarts.map((kind) =>
      play(
        `A2 ${kind} ${fails}`,
        root([
          worker('a'),
          worker('b', { traps: true }),
          worker('x', { starts: [fails], restart: kind }),
          worker('c'),
        ]),
      ),
    ),
  ),
  play(
    'A3 each level rolls back',
    root([
      worker('a'),
      sup('s', [worker('b'), sup('t', [worker('c'), worker('d', { starts: ['fail error'] })])]),
      worker('e'),
    ]),
  ),
  play(
    'A3 a supervisor that cannot say its children',
    root([worker('a'), sup('s', [worker('b')], { starts: ['fail error'] })]),
  ),
  play('A4 a failed first start is final', root([worker('a', { starts: ['fail error', 'ok'] })])),
  ...restarts.map((kind) =>
    play(
      `A5 A6 ignored ${kind}`,
      root([worker('a'), worker('i', { restart: kind, starts: ['ignore', 'ignore', 'ok'] }), worker('c')]),
      each(which(), count(), restart('', 'i'), restart('', 'i'), restart('', 'i'), which()),
    ),
  ),
  play(
    'A8 an ignored supervisor',
    root([sup('s', [worker('a')], { starts: ['ignore', 'ok'] }), worker('b')]),
    each(which(), restart('', 's'), count()),
  ),
];

export const stopping: readonly Scenario[] = [
  play(
    'B1 reverse order through levels',
    root([worker('a', { traps: true }), sup('s', abc({ traps: true })), worker('z')]),
  ),
  play(
    'B2 the order is that of the slots',
    root(abc()),
    each(
      stop('a'),
      terminate('', 'b'),
      restart('', 'b'),
      start('', worker('d')),
      terminate('', 'a'),
      remove('', 'a'),
      start('', worker('a')),
    ),
  ),
  play(
    'B3 killed when its time is over',
    root([worker('a'), worker('h', { traps: true, hangs: true, shutdown: 10 }), worker('c')]),
    each(terminate('', 'h'), which(), restart('', 'h')),
  ),
  play(
    'B4 brutal_kill',
    root([
      worker('a', { traps: true, shutdown: 'brutal_kill' }),
      worker('b', { shutdown: 'brutal_kill' }),
      sup('s', [worker('c', { traps: true })], { shutdown: 'brutal_kill' }),
    ]),
    each(terminate('', 'a'), restart('', 'a'), terminate('', 's')),
  ),
  play(
    'B7 ends otherwise while stopped',
    root([worker('a', { traps: true }), worker('b', { traps: true })]),
    burst('', stop('a'), stop('b', 'normal')),
    each(terminate('', 'a')),
  ),
  play(
    'B10 others cannot stop a supervisor',
    root([sup('s', abc())]),
    each(
      exit('s', 'shutdown'),
      exit('s', 'error'),
      exit('s', 'normal'),
      exit('s', 'killed'),
      exit('s', 'noproc'),
      which('s'),
    ),
  ),
  ...restarts.map((kind) =>
    play(
      `B11 a killed ${kind} supervisor`,
      root(
        [
          worker('x'),
          sup('s', [worker('a'), worker('b', { traps: true }), sup('t', abc())], { restart: kind }),
          worker('y'),
        ],
        { strategy: 'rest_for_one' },
      ),
      each(exit('s', 'kill'), which(), exit('s/t', 'kill'), which('s')),
    ),
  ),
];
