/** Four small plots of what has been seen since the page was opened, at most ten minutes. */
import uPlot from '/assets/uplot.js';
import { h } from './dom.js';

const samplesMax = 600;
const times = [];
const plots = [
  { title: 'requests ended a second', values: [], last: null, read: ended },
  {
    title: 'requests in flight',
    values: [],
    read: ({ facts }) => facts?.facts.dispatch?.value?.inFlight ?? null,
  },
  { title: 'loop delay p99, ms', values: [], read: ({ loop }) => loop.p99 ?? null },
  { title: 'messages waiting', values: [], read: ({ tree }) => (tree === null ? null : waiting(tree)) },
];

const terminal = new Set(['succeeded', 'failed', 'dead_lettered', 'expired', 'cancelled']);

/** From two readings of the rows: what ended between them, a second. */
function ended({ facts }, plot) {
  const fact = facts?.facts.counts;
  if (!fact?.value) return null;
  const total = fact.value.requests
    .filter(({ state }) => terminal.has(state))
    .reduce((sum, { count }) => sum + count, 0);
  const before = plot.last;
  if (before?.atMs === fact.asOfWallMs) return before.rate;
  const rate =
    before === null ? null : Math.max(0, (1_000 * (total - before.total)) / (fact.asOfWallMs - before.atMs));
  plot.last = { total, atMs: fact.asOfWallMs, rate };
  return rate;
}

const waiting = (place) =>
  (place.mailbox?.depth ?? 0) + place.children.reduce((sum, child) => sum + waiting(child), 0);

export function showPlots(snapshot) {
  times.push(snapshot.wallMs / 1_000);
  for (const plot of plots) plot.values.push(plot.read(snapshot, plot));
  if (times.length > samplesMax)
    for (const list of [times, ...plots.map(({ values }) => values)]) list.shift();
  for (const plot of plots) draw(plot);
}

function draw(plot) {
  if (plot.drawn === undefined) {
    const box = h('div', { class: 'plot' });
    document.querySelector('#plots .body').append(box);
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim() || '#888';
    const axis = {
      stroke: resolved('--quiet'),
      grid: { stroke: resolved('--line'), width: 1 },
      ticks: { stroke: resolved('--line') },
    };
    plot.drawn = new uPlot(
      {
        title: plot.title,
        width: Math.max(200, box.clientWidth),
        height: 150,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: {
          x: { range: (_plot, _low, high) => [(high ?? 0) - samplesMax, high ?? 0] },
          y: { range: (_plot, _low, high) => [0, Math.max(1, high ?? 1)] },
        },
        axes: [
          { ...axis, size: 28 },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          {
            stroke: resolved('--accent') || ink('--accent'),
            width: 1.5,
            points: { show: false },
            spanGaps: false,
          },
        ],
      },
      [times, plot.values],
      box,
    );
    new ResizeObserver(() =>
      plot.drawn.setSize({ width: Math.max(200, box.clientWidth), height: 150 }),
    ).observe(box);
    return;
  }
  plot.drawn.setData([times, plot.values]);
}

/** A canvas takes no light-dark(); an element does. */
function resolved(name) {
  const probe = h('i', { class: 'probe' });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
