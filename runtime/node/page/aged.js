import { h } from './dom.js';
import { age } from './words.js';

/** Whose figures these are, how old they are, and whether that is too old. */
export function aged(facts, id) {
  const fact = facts?.facts[id];
  if (fact === undefined) return h('p', { class: 'quiet' }, 'not running');
  const stale = fact.stale ? h('span', { class: 'pill bad' }, 'STALE') : null;
  const problem = fact.problem === null ? '' : ` ${fact.problem}`;
  return h(
    'p',
    { class: fact.stale ? 'bad' : 'quiet' },
    stale,
    ` read ${age(fact.asOfWallMs, facts.wallMs)}${problem === '' ? '' : ':'}${problem}`,
  );
}

/** What a section is drawn from, with the age in whole seconds. */
export const keyOf = (facts, id) => {
  const fact = facts?.facts[id];
  return fact === undefined
    ? null
    : [fact.value, fact.stale, fact.problem, age(fact.asOfWallMs, facts.wallMs)];
};
