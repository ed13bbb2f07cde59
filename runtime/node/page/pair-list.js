/** Which pairs there could be, what each gate left over, and what keeps each from being active. */
import { ask, newestOnly, settled } from './ask.js';
import { h, moreButton, note, replaceKept } from './dom.js';
import { explainPair } from './pair-why.js';
import { age, clock, count, figure } from './words.js';

/** Rows at first, and with each further step; the process lists 200. */
const step = 12;
const listMax = 200;

const filter = document.getElementById('pairs-query');
const status = document.getElementById('pairs-said');
const body = document.querySelector('#why-pairs .body');

let nowWallMs = null;
let known = null;
let shown = null;
let listed = null;
let limit = step;
const opened = new Set();

const load = newestOnly(async (isNewest) => {
  try {
    const found = await ask('/api/pairs', { query: filter.value.trim(), limit: String(limit) });
    if (isNewest()) draw(found);
  } catch (error) {
    if (!isNewest()) return;
    known = shown = listed = null;
    status.textContent = '';
    body.replaceChildren(note(`unknown: ${error.message}`, 'bad'));
  }
});

/** Looks again when a refresh was made, a pair began or ended, or ranks have changed. */
export function showPairWhys({ facts, wallMs }) {
  nowWallMs = wallMs;
  const standing = facts?.facts.pairs?.value;
  const key = JSON.stringify([
    standing?.refresh?.refreshId,
    standing?.active?.map(({ pairId }) => pairId),
    facts?.facts.counts?.value?.ranks,
  ]);
  if (key !== known) {
    known = key;
    void load();
  }
  say();
}

function say() {
  if (listed === null) return;
  const { pairs, total, asOfWallMs } = listed;
  const text = `${count(pairs.length)} of ${count(total)}, read ${age(asOfWallMs, nowWallMs ?? asOfWallMs)}`;
  if (status.textContent !== text) status.textContent = text;
}

function draw(found) {
  listed = found;
  say();
  const key = JSON.stringify({ ...found, asOfWallMs: null });
  if (key === shown) return;
  shown = key;
  replaceKept(
    body,
    'data-pair',
    ...standing(found),
    list(found),
    moreButton(found.pairs.length, Math.min(found.total, listMax), more),
  );
}

function more() {
  limit = Math.min(listMax, limit + 4 * step);
  void load();
}

function standing({ refresh, current, ranks, tradesMin, members, active, emptySlots }) {
  if (refresh === null)
    return [
      note(
        members === 0
          ? `No pairs yet, and nobody for one: no strategy is of rank ${ranks.join(' or ')}. Pairs are formed when a job has decided the ranks.`
          : `No pairs yet: they are formed when a job has decided the ranks. ${count(members)} strategies of rank ${ranks.join(' or ')} could be in one.`,
        'lead',
      ),
    ];
  const excluded = Object.entries(JSON.parse(refresh.excludedJson))
    .map(([reason, times]) => `${times} ${reason.replaceAll('_', ' ')}`)
    .join(', ');
  const steps = [
    [refresh.candidates, `of rank ${ranks.join(' or ')}`],
    [refresh.pool, 'in the pool'],
    [refresh.eligible, `with ${tradesMin} trades or more${excluded === '' ? '' : `; left out: ${excluded}`}`],
    [
      refresh.tested,
      `pairs of one market tested${refresh.overlapTooSmall > 0 ? `; ${refresh.overlapTooSmall} overlap too little` : ''}`,
    ],
    [
      refresh.kept,
      `kept${refresh.rescued > 0 ? `, ${refresh.rescued} of them rescued` : ''}; ${refresh.tooCorrelated} too correlated`,
    ],
    [
      active,
      `active, at most one for each market${emptySlots.length > 0 ? `; without one: ${emptySlots.map((slot) => slot.replace('|', ' ')).join(', ')}` : ''}`,
    ],
  ];
  return [
    h(
      'ol',
      { class: 'funnel' },
      steps.map(([number, text]) => h('li', {}, h('b', {}, count(number)), ` ${text}`)),
    ),
    refresh.explanation === null ? null : note(refresh.explanation, 'lead'),
    note(
      `By the refresh of ${clock(refresh.recordedWallMs)} UTC, ${refresh.mode} mode.${current === false ? ' Ranks or trades have changed since; the next refresh decides anew.' : ''}`,
      current === false ? 'warn' : 'quiet',
    ),
  ];
}

function list({ pairs, refresh }) {
  if (pairs.length > 0) return h('ul', { class: 'list' }, pairs.map(item));
  if (filter.value.trim() !== '') return note('No pair of the pool has such a leg.');
  return refresh === null ? null : note('No two strategies of the pool could be a pair.');
}

const because = ({ active, place, shut }) =>
  active
    ? `Active${place === null ? '' : `: place ${place} of its refresh`}.`
    : shut === null
      ? 'Not active: it waits for the next refresh.'
      : `Not active: ${shut.gate}${shut.of === null ? '' : ` of ${shut.of}`}: ${shut.value}; wanted ${shut.limit}.`;

function item(pair) {
  const { pairId, nameA, nameB, strategyA, strategyB, group, active, correlation, score } = pair;
  const inside = h('div', { class: 'why' });
  const details = h(
    'details',
    {
      'data-pair': pairId,
      open: opened.has(pairId),
      ontoggle: () => {
        if (details.open) opened.add(pairId);
        else opened.delete(pairId);
        if (details.open) void explainPair(inside, { a: strategyA, b: strategyB });
      },
    },
    h(
      'summary',
      {},
      h('b', { class: 'long' }, `${nameA} + ${nameB}`),
      ' ',
      h('span', { class: `pill ${active ? 'good' : ''}` }, active ? 'active' : 'not active'),
      ' ',
      h(
        'span',
        { class: 'quiet' },
        `${group.replace('|', ' ')} min, correlation ${figure(correlation, 2)}, score ${figure(score)}`,
      ),
      h('span', { class: 'because' }, because(pair)),
    ),
    inside,
  );
  return h('li', {}, details);
}

filter.addEventListener(
  'input',
  settled(() => {
    limit = step;
    void load();
  }),
);
