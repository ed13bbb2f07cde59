import { h, note, show, table } from './dom.js';
import { count, duration } from './words.js';
import { aged, keyOf } from './aged.js';

const columns = [
  ['queued', ['queued']],
  ['in flight', ['leased']],
  ['done', ['succeeded']],
  ['failed', ['failed', 'expired', 'cancelled']],
  ['dead letters', ['dead_lettered']],
];

export function showRequests({ facts }) {
  show('requests', [keyOf(facts, 'counts'), keyOf(facts, 'dispatch')], () => {
    const counts = facts?.facts.counts?.value;
    const kinds = [...new Set((counts?.requests ?? []).map(({ kind }) => kind))].sort();
    const latency = (kind) => counts.latencies.find((row) => row.kind === kind);
    const of = (kind, states) =>
      counts.requests
        .filter((row) => row.kind === kind && states.includes(row.state))
        .reduce((sum, row) => sum + row.count, 0);
    const rows = kinds.map((kind) => [
      kind,
      ...columns.map(([, states]) => count(of(kind, states))),
      ...['p50', 'p95', 'p99'].map((share) => duration(latency(kind)?.[share])),
    ]);
    return [
      kinds.length === 0
        ? note(counts === undefined || counts === null ? 'unknown' : 'None yet.')
        : table(['kind', ...columns.map(([title]) => `${title}#`), 'p50#', 'p95#', 'p99#'], rows),
      aged(facts, 'counts'),
      dispatch(facts),
    ];
  });
}

function dispatch(facts) {
  const status = facts?.facts.dispatch?.value;
  if (!status) return note('The dispatcher does not answer.', 'bad');
  const { phase, inFlight, limit, settings, backend, breaker, trouble } = status;
  const words = [
    phase.replaceAll('_', ' '),
    `${inFlight} out of ${limit?.now ?? settings.inFlightMax} places`,
    limit?.medianMs ? `median ${duration(limit.medianMs)}` : null,
    backend === null ? 'no backend' : `backend ${backend.backend} with ${backend.workers} workers`,
    breaker && breaker.phase !== 'closed' ? `breaker ${breaker.phase}` : null,
    trouble === null ? null : `${trouble.message} (${trouble.code})`,
  ];
  const kind = phase === 'dispatching' ? 'good' : 'warn';
  return h(
    'p',
    {},
    h('span', { class: `pill ${kind}` }, words[0]),
    ` ${words.slice(1).filter(Boolean).join(', ')}`,
  );
}
