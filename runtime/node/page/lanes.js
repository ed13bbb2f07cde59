import { h, note, show, table } from './dom.js';
import { age, count, duration } from './words.js';
import { aged, keyOf } from './aged.js';

const kinds = {
  idle: 'good',
  delivering: 'good',
  waiting: 'warn',
  paused: 'warn',
  blocked: 'bad',
  store: 'bad',
};

export function showLanes({ facts }) {
  show('lanes', keyOf(facts, 'notifier'), () => {
    const standing = facts?.facts.notifier?.value;
    const rows = (standing?.lanes ?? []).map((lane) => [
      lane.lane,
      h('span', { class: `pill ${kinds[lane.state] ?? 'warn'}` }, lane.state),
      lane.target,
      count(lane.waiting),
      lane.oldestWallMs === null ? '–' : age(lane.oldestWallMs, facts.wallMs),
      count(lane.figures?.delivered),
      count(lane.figures?.retries),
      count(lane.figures?.deadLettered),
      duration(lane.figures?.latencyMs?.p95),
      lane.lastError === null
        ? '–'
        : h(
            'span',
            { class: 'bad' },
            `${lane.lastError.message} (${age(lane.lastError.atWallMs, facts.wallMs)})`,
          ),
    ]);
    const heads = [
      'lane',
      'state',
      'target',
      'waiting#',
      'oldest#',
      'delivered#',
      'retries#',
      'dead letters#',
      'delivery p95#',
      'last error',
    ];
    const silent =
      standing?.silent?.length > 0 ? note(`No word from: ${standing.silent.join(', ')}`, 'warn') : null;
    return [
      rows.length === 0 ? note('No lane has reported.') : table(heads, rows),
      silent,
      aged(facts, 'notifier'),
    ];
  });
}
