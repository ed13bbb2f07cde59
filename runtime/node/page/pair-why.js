/** Why any two strategies are an active pair or not, gate by gate. */
import { ask, newestOnly, settled } from './ask.js';
import { h, note } from './dom.js';
import { pairGates } from './gates.js';
import { openStrategy } from './strategies.js';
import { clock, figure } from './words.js';

const form = document.getElementById('pair-form');
const names = document.getElementById('names');
const answer = document.getElementById('pair-answer');

export async function explainPair(inside, legs) {
  if (inside.childElementCount === 0) inside.replaceChildren(note('reading …'));
  try {
    inside.replaceChildren(...pairWhy(await ask('/api/pairs/explain', legs)));
  } catch (error) {
    const near = error.near?.length > 0 ? ` Near: ${error.near.join(', ')}.` : '';
    inside.replaceChildren(note(`${error.message}.${near}`, 'bad'));
  }
}

function pairWhy({
  legs,
  gates,
  active,
  because: shut,
  figures,
  spells,
  asOfWallMs,
  refreshedWallMs,
  pairId,
}) {
  // The first gate that is shut, whosever it is, has decided.
  let undecided = !active;
  const isDecider = ({ passed }) => {
    if (!undecided || passed !== false) return false;
    undecided = false;
    return true;
  };
  const parts = legs.map((leg) => [
    h(
      'h3',
      {},
      h('span', { class: 'long' }, leg.name),
      ' ',
      h('button', { onclick: () => void openStrategy(leg.strategyId) }, 'Why its rank?'),
    ),
    pairGates(leg.gates, isDecider),
  ]);
  return [
    h(
      'p',
      { class: 'lead' },
      h('b', {}, active ? 'Active. ' : 'Not active. '),
      active
        ? ''
        : shut === null
          ? 'Every gate is open: it waits for the next refresh.'
          : `The first gate that is shut: ${shut}.`,
    ),
    ...parts.flat(),
    h('h3', {}, 'Both together'),
    pairGates(gates, isDecider),
    figures === null
      ? null
      : note(
          `Weights ${figure(figures.weightA, 2)} and ${figure(figures.weightB, 2)}, correlation ${figure(figures.correlation)}, Sharpe ratio for each trade ${figure(figures.sharpe)}, profit factor ${figure(figures.profitFactor)}, score ${figure(figures.score)}.`,
        ),
    ...spells.map(({ fromWallMs, toWallMs, endReason }) =>
      note(
        toWallMs === null
          ? `Active since ${clock(fromWallMs)} UTC.`
          : `Was active from ${clock(fromWallMs)} to ${clock(toWallMs)} UTC: ${(endReason ?? 'unknown').replaceAll('_', ' ')}.`,
      ),
    ),
    note(
      `computed from the files ${clock(asOfWallMs)} UTC; newest refresh ${clock(refreshedWallMs)} UTC; id ${pairId}`,
      'quiet long',
    ),
  ].filter(Boolean);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const { a, b } = form.elements;
  void explainPair(answer, { a: a.value.trim(), b: b.value.trim() });
});

/** Names to choose from while one is typed. */
const suggest = newestOnly(async (isNewest, text) => {
  const { strategies } = await ask('/api/strategies', { query: text, limit: '20' }).catch(() => ({
    strategies: [],
  }));
  if (isNewest()) names.replaceChildren(...strategies.map(({ name }) => h('option', { value: name })));
});
for (const input of form.querySelectorAll('input'))
  input.addEventListener(
    'input',
    settled(() => void suggest(input.value.trim())),
  );
