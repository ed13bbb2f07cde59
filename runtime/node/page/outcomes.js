/** Ranks, pairs, and the last job. */
import { h, note, show, table } from './dom.js';
import { clock, count, figure } from './words.js';
import { openRank } from './strategies.js';
import { aged, keyOf } from './aged.js';

const order = ['S', 'A', 'B', 'LEGEND'];
const placeOf = (rank) => (rank === null ? 99 : (order.indexOf(rank) + 100) % 100);

export function showRanks({ facts }) {
  show('ranks', keyOf(facts, 'counts'), () => {
    const ranks = [...(facts?.facts.counts?.value?.ranks ?? [])].sort(
      (a, b) => placeOf(a.rank) - placeOf(b.rank),
    );
    const chips = ranks.map(({ rank, count: strategies }) =>
      h(
        'button',
        { class: 'chip', onclick: () => openRank(rank ?? 'unranked'), title: 'Show them' },
        `${rank ?? 'unranked'} `,
        h('b', {}, count(strategies)),
      ),
    );
    return [
      chips.length === 0 ? note('None yet.') : h('div', { class: 'chips' }, chips),
      aged(facts, 'counts'),
    ];
  });
}

export function showPairs({ facts }) {
  show('pairs', keyOf(facts, 'pairs'), () => {
    const standing = facts?.facts.pairs?.value;
    const pairs = standing?.active ?? [];
    const rows = pairs.map((pair) => {
      const score = standing.scores.find(({ pairId }) => pairId === pair.pairId);
      return [
        [h('span', { class: 'name' }, pair.nameA), h('span', { class: 'name' }, pair.nameB)],
        pair.slot.replace('|', ' '),
        `${figure(pair.weightA, 2)} / ${figure(pair.weightB, 2)}`,
        figure(score?.score),
        figure(score?.correlation, 2),
        clock(pair.fromWallMs),
      ];
    });
    const explanation = standing?.refresh?.explanation;
    return [
      rows.length > 0
        ? table(['pair', 'slot', 'weights#', 'score#', 'correlation#', 'active since (UTC)'], rows)
        : note(explanation ?? 'No pair is active.'),
      aged(facts, 'pairs'),
    ];
  });
}

export function showSummary({ summary }) {
  show('summary', summary, () =>
    summary === null
      ? note('No job has ended in this process yet.')
      : h(
          'details',
          {},
          h(
            'summary',
            {},
            `${count(summary.strategies.imported)} strategies, ${count(summary.notifications.delivered)} notifications delivered, ${count(summary.durationMs)} ms`,
          ),
          h('pre', { class: 'scroll' }, JSON.stringify(summary, null, 2)),
        ),
  );
}
