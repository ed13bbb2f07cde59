import { h, note, show, table } from './dom.js';
import { clock, count, duration } from './words.js';

/** Paths that somebody has closed; everything else is open. */
const closed = new Set();

export function showTree({ tree }) {
  show('tree', tree, () =>
    tree === null ? note('starting') : h('div', { class: 'tree' }, h('ul', {}, item(tree))),
  );
}

/** The newest automatic restarts, and why. */
export function showRestarts({ kernel }) {
  const { recentRestarts = [], recovery } = kernel;
  show('restarts', [recentRestarts, recovery], () =>
    recentRestarts.length === 0
      ? []
      : h(
          'details',
          {},
          h(
            'summary',
            {},
            `The newest restart: ${recentRestarts[0].path} at ${clock(recentRestarts[0].wallMs)} UTC`,
            recovery.underWay > 0
              ? h('span', { class: 'warn' }, `, ${recovery.underWay} on their way back`)
              : null,
          ),
          table(
            ['when (UTC)', 'place', 'why'],
            recentRestarts.map(({ wallMs, path, reason }) => [
              clock(wallMs),
              path,
              reason ?? 'with another place, or not told',
            ]),
          ),
        ),
  );
}

function item(place) {
  const label = h('span', { class: `place ${stateOf(place)}`, 'data-path': place.path }, ...words(place));
  if (place.children.length === 0) return h('li', { class: 'leaf' }, label);
  const details = h(
    'details',
    {
      open: !closed.has(place.path),
      ontoggle: (event) => (event.target.open ? closed.delete(place.path) : closed.add(place.path)),
    },
    h('summary', {}, label),
    h('ul', {}, place.children.map(item)),
  );
  return h('li', {}, details);
}

const stateOf = ({ status }) =>
  status === 'running' ? '' : status === 'restarting' || status === 'starting' ? 'restarting' : 'down';

function words({ id, status, mailbox, restarts, lastError, handled, turns }) {
  return [
    h('span', {}, id),
    status === 'running' ? null : h('span', { class: 'warn' }, status),
    mailbox === null
      ? null
      : h(
          'span',
          { class: mailbox.depth > 0 ? '' : 'quiet' },
          `mail ${count(mailbox.depth)}, most ${count(mailbox.highWater)}`,
        ),
    handled === null || handled === undefined
      ? null
      : h('span', { class: 'quiet' }, `${count(handled)} handled`),
    turns?.longestMs > 25 ? h('span', { class: 'quiet' }, `longest turn ${duration(turns.longestMs)}`) : null,
    restarts > 0 ? h('span', { class: 'warn' }, `${restarts} restarts`) : null,
    lastError ? h('span', { class: 'bad clip', title: lastError }, lastError) : null,
  ].filter(Boolean);
}
