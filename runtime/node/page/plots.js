/** Four small plots of the last half hour: the process keeps the samples, so a page that is opened later has them too. */
import uPlot from '/assets/uplot.js';
import { h } from './dom.js';

/** What the process keeps. */
const samplesMax = 900;
const spanS = 1_800;
/** Less than this is not stretched over the whole width. */
const spanMinS = 120;

let times = [];
const plots = [
  { title: 'requests ended a second', of: 'endedPerS', values: [] },
  { title: 'requests in flight', of: 'inFlight', values: [] },
  { title: 'loop delay p99, ms', of: 'loopP99Ms', values: [] },
  { title: 'messages waiting', of: 'waiting', values: [] },
];

/** All that was before; said anew whenever the page has found the process again. */
export function takeHistory(samples) {
  times = [];
  for (const plot of plots) plot.values = [];
  for (const sample of samples) take(sample);
  for (const plot of plots) draw(plot);
}

export function showPlots({ facts }) {
  const sample = facts?.facts.history?.value ?? null;
  if (sample === null || sample.wallMs / 1_000 <= (times.at(-1) ?? 0)) return;
  take(sample);
  for (const plot of plots) draw(plot);
}

function take(sample) {
  times.push(sample.wallMs / 1_000);
  for (const plot of plots) plot.values.push(sample[plot.of]);
  if (times.length > samplesMax)
    for (const list of [times, ...plots.map(({ values }) => values)]) list.shift();
}

const range = (_plot, low, high) => {
  const to = high ?? 0;
  return [Math.min(to - spanMinS, Math.max(low ?? to, to - spanS)), to];
};

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
          x: { range },
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
