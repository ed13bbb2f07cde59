import { countsFrom } from '../../protocols/operations.js';
import type { Counts, FactsSnapshot } from '../../protocols/operations.js';
import type { TreeInfo } from '../inspect.js';
import { flatten } from './http-metrics.js';

/** What the first page shows. Null is shown as unknown. */
export interface PageInput {
  readonly tree: TreeInfo | null;
  readonly facts: FactsSnapshot | null;
  readonly wallMs: number;
  readonly startedWallMs: number;
  /** The summary of the last job that ended in this process. */
  readonly summary: unknown;
}

/** More rows than this help nobody; the rest is counted. */
const rowsMax = 300;

/** Plain HTML that is whole without its script; the script only fetches it again. */
export function renderPage(input: PageInput): string {
  const counts = countsFrom(input.facts);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast</title>
<style>${style}</style>
<main id="page">
<h1>Holdfast</h1>
<p>Up since ${time(input.startedWallMs)}; this page is of ${time(input.wallMs)}.</p>
${sources(input.facts)}
<h2>Requests</h2>
${requests(counts)}
<h2>Ranks</h2>
${ranks(counts)}
<h2>Tree</h2>
${tree(input.tree)}
<h2>Summary of the last job</h2>
${input.summary === null ? '<p>No job has ended in this process yet.</p>' : `<pre>${escaped(JSON.stringify(input.summary, null, 2))}</pre>`}
<p>Also here: ${['/metrics', '/api/system/health', '/api/metrics/summary', '/api/tree', '/api/dead-letters'].map((page) => `<a href="${page}">${page}</a>`).join(', ')}</p>
</main>
<script>${script}</script>
</html>
`;
}

function sources(facts: FactsSnapshot | null): string {
  if (facts === null) return '<p class="bad">The monitor did not answer: figures are unknown.</p>';
  const lines = Object.entries(facts.facts).map(([id, fact]) => {
    const age = fact.asOfWallMs === null ? 'never read' : `of ${time(fact.asOfWallMs)}`;
    const problem = fact.problem === null ? '' : `: ${escaped(fact.problem)}`;
    return `<p${fact.stale ? ' class="bad"' : ''}>Figures from ${escaped(id)} ${age}${fact.stale ? ' STALE' : ''}${problem}</p>`;
  });
  return lines.join('\n');
}

function requests(counts: Counts | null): string {
  if (counts === null) return unknown;
  if (counts.requests.length === 0) return '<p>None yet.</p>';
  const rows = counts.requests.map(({ kind, state, count }) => [kind, state, String(count)]);
  const latencies = counts.latencies.map(({ kind, p50, p95, p99 }) => [
    kind,
    'submit to applied, ms (p50 / p95 / p99)',
    `${Math.round(p50)} / ${Math.round(p95)} / ${Math.round(p99)}`,
  ]);
  return table(['kind', 'state', 'count'], [...rows, ...latencies]);
}

function ranks(counts: Counts | null): string {
  if (counts === null) return unknown;
  if (counts.ranks.length === 0) return '<p>None yet.</p>';
  return table(
    ['rank', 'strategies'],
    counts.ranks.map(({ rank, count }) => [rank ?? 'unranked', String(count)]),
  );
}

function tree(root: TreeInfo | null): string {
  if (root === null) return unknown;
  const all = flatten(root);
  const rows = all.slice(0, rowsMax).map((place) => {
    const depth = place.path.split('/').length - 1;
    return [
      `${'\u2003'.repeat(depth)}${place.id}`,
      place.status,
      place.mailbox === null ? '' : `${place.mailbox.depth} (most ${place.mailbox.highWater})`,
      place.handled === null ? '' : String(place.handled),
      String(place.restarts),
      place.lastError ?? '',
    ];
  });
  const left = all.length > rowsMax ? `<p>${all.length - rowsMax} more places are not shown.</p>` : '';
  return table(['place', 'status', 'mailbox', 'handled', 'restarts', 'last error'], rows) + left;
}

const unknown = '<p class="bad">Unknown.</p>';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

const time = (wallMs: number): string =>
  escaped(new Date(wallMs).toISOString().replace('T', ' ').slice(0, 19) + ' UTC');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names and errors are foreign text. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const style = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left;border-bottom:1px solid #8884}
th{font-weight:600}pre{overflow:auto;padding:.8rem;border:1px solid #8884}.bad{color:#c22}`;

/** The script says when the page is old, because a page that cannot be fetched looks the same as one that is fresh. */
const script = `const again=async()=>{try{const r=await fetch(location.href,{signal:AbortSignal.timeout(3000)});
if(!r.ok)throw new Error(String(r.status));const d=new DOMParser().parseFromString(await r.text(),'text/html');
document.getElementById('page').replaceWith(d.getElementById('page'))}catch(e){
if(!document.getElementById('gone')){const p=document.createElement('p');p.id='gone';p.className='bad';
p.textContent='STALE: Holdfast does not answer; this is what it said last.';document.getElementById('page').prepend(p)}}
setTimeout(again,2000)};setTimeout(again,2000)`;
