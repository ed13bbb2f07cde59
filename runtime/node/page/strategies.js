/** Every strategy with its rank and what decided it; opened, all that its rank rests on. */
import { ask, newestOnly, settled } from './ask.js';
import { h, moreButton, note, replaceKept } from './dom.js';
import { whyRank } from './gates.js';
import { strategyWhy } from './strategy-why.js';
import { age, clock, count } from './words.js';

/** Rows at first, and with each further step; the process lists 200. */
const step = 12;
const listMax = 200;

const query = document.getElementById('strategies-query');
const rank = document.getElementById('strategies-rank');
const status = document.getElementById('strategies-said');
const body = document.querySelector('#strategies .body');

/** Ids of those that somebody has opened. */
const opened = new Set();
let nowWallMs = null;
let known = null;
let shown = null;
let listed = null;
let limit = step;

const load = newestOnly(async (isNewest) => {
  try {
    const answer = await ask('/api/strategies', {
      query: query.value.trim(),
      rank: rank.value,
      limit: String(limit),
    });
    if (isNewest()) draw(answer);
  } catch (error) {
    if (!isNewest()) return;
    known = shown = listed = null;
    status.textContent = '';
    body.replaceChildren(note(`unknown: ${error.message}`, 'bad'));
  }
});

/** Looks again when ranks or requests have changed. */
export function showStrategies({ facts, wallMs }) {
  nowWallMs = wallMs;
  const counts = facts?.facts.counts?.value ?? null;
  const key = JSON.stringify([counts?.ranks, counts?.requests]);
  if (key !== known) {
    known = key;
    void load();
  }
  say();
}

function say() {
  if (listed === null) return;
  const { strategies, total, asOfWallMs } = listed;
  const more = total > strategies.length ? '; a part of the name finds the others' : '';
  const text = `${count(strategies.length)} of ${count(total)}, read ${age(asOfWallMs, nowWallMs ?? asOfWallMs)}${more}`;
  if (status.textContent !== text) status.textContent = text;
}

function draw(answer) {
  listed = answer;
  say();
  const { strategies } = answer;
  const key = JSON.stringify([strategies, answer.total]);
  if (key === shown) return;
  shown = key;
  replaceKept(
    body,
    'data-strategy',
    strategies.length > 0
      ? h('ul', { class: 'list' }, strategies.map(item))
      : note(query.value === '' && rank.value === '' ? 'None yet.' : 'None of these.'),
    moreButton(strategies.length, Math.min(answer.total, listMax), more),
  );
}

function more() {
  limit = Math.min(listMax, limit + 4 * step);
  void load();
}

/** Another question begins with its first rows again. */
function anew() {
  limit = step;
  return load();
}

function item(strategy) {
  const { strategyId, name, symbol, timeframeMinutes, rank: has, decidedWallMs } = strategy;
  const inside = h('div', { class: 'why' });
  const details = h(
    'details',
    {
      'data-strategy': strategyId,
      open: opened.has(strategyId),
      ontoggle: () => {
        if (details.open) opened.add(strategyId);
        else opened.delete(strategyId);
        if (details.open) void fill(inside, strategyId);
      },
    },
    h(
      'summary',
      {},
      h('b', { class: 'long' }, name),
      ' ',
      h('span', { class: `pill ${has === null ? '' : 'good'}` }, has ?? 'unranked'),
      ' ',
      h('span', { class: 'quiet' }, `${symbol ?? 'no symbol'} ${timeframeMinutes ?? '?'} min`),
      h('span', { class: 'because' }, whyRank(strategy)),
      h('span', { class: 'quiet' }, decidedWallMs === null ? '' : ` decided ${clock(decidedWallMs)} UTC`),
    ),
    inside,
  );
  return h('li', {}, details);
}

async function fill(inside, strategyId) {
  if (inside.childElementCount === 0) inside.replaceChildren(note('reading …'));
  try {
    const { strategies, asOfWallMs } = await ask(`/api/strategies/${encodeURIComponent(strategyId)}`);
    inside.replaceChildren(...strategies.flatMap((one) => strategyWhy(one, asOfWallMs)));
  } catch (error) {
    inside.replaceChildren(note(`unknown: ${error.message}`, 'bad'));
  }
}

/** Shows one alone, and opens it. */
export async function openStrategy(strategyId) {
  query.value = strategyId;
  rank.value = '';
  opened.add(strategyId);
  shown = null;
  await anew();
  const place = document.getElementById('strategies');
  place.scrollIntoView({ block: 'start' });
  place.querySelector('summary')?.focus({ preventScroll: true });
}

/** Shows those of a rank; `unranked` for those without one. */
export function openRank(wanted) {
  query.value = '';
  rank.value = wanted;
  void anew();
  document.getElementById('strategies').scrollIntoView({ block: 'start' });
}

query.addEventListener(
  'input',
  settled(() => void anew()),
);
rank.addEventListener('change', () => void anew());
