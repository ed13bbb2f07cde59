import { h } from './dom.js';
import { count, duration } from './words.js';

const kinds = { ok: 'good', starting: 'warn', degraded: 'warn', red: 'bad' };

export function showStatus({ health, wallMs, startedWallMs, pid, version }) {
  const status = document.getElementById('status');
  status.className = `pill ${kinds[health.status] ?? 'bad'}`;
  status.textContent = health.status;
  status.title = [
    ...(health.conditions ?? []).map((condition) => condition.text ?? JSON.stringify(condition)),
    ...(health.down ?? []).map(({ path, status: state }) => `${path}: ${state}`),
  ].join('\n');
  document.getElementById('about').textContent =
    `version ${version}, process ${pid}, up ${duration(Math.floor((wallMs - startedWallMs) / 1_000) * 1_000)}`;
}

export function showCards({ kernel, loop, facts, health, interventions }) {
  const counts = facts?.facts.counts?.value;
  const total = Object.values(interventions).reduce((sum, value) => sum + value, 0);
  const kept = counts?.deadLettersKept;
  const cards = [
    ['Restarts', count(kernel.restarts), kernel.restarts > 0 ? 'warn' : ''],
    ['Crashes', count(kernel.crashes), kernel.crashes > 0 ? 'warn' : ''],
    ['Gave up', count(kernel.gaveUp), kernel.gaveUp > 0 ? 'bad' : ''],
    ['Dead letters kept', count(kept), kept > 0 ? 'warn' : ''],
    ['Loop delay p99', duration(loop.p99), loop.p99 > 20 ? 'warn' : ''],
    ['Longest turn', duration(kernel.longestTurnMs), kernel.longestTurnMs > 50 ? 'warn' : ''],
    ['By hand', count(total), ''],
    [
      'Configuration',
      (health.conditions ?? []).length === 0 ? 'in force' : 'RED',
      (health.conditions ?? []).length > 0 ? 'bad' : '',
    ],
  ];
  document
    .getElementById('cards')
    .replaceChildren(
      ...cards.map(([what, value, kind]) =>
        h('div', { class: 'card' }, h('b', { class: kind }, value), h('span', { class: 'quiet' }, what)),
      ),
    );
}
