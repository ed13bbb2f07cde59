import { h, show } from './dom.js';
import { age, clock, count, duration } from './words.js';

const kinds = { ok: 'good', starting: 'warn', degraded: 'warn', red: 'bad' };

export function showStatus({ health, wallMs, startedWallMs, pid, version }) {
  const status = document.getElementById('status');
  status.className = `pill ${kinds[health.status] ?? 'bad'}`;
  if (status.textContent !== health.status) status.textContent = health.status;
  document.getElementById('about').textContent =
    `version ${version}, process ${pid}, up ${duration(Math.floor((wallMs - startedWallMs) / 1_000) * 1_000)}`;
}

/** What is wrong, in words, where everybody sees it: conditions of the process, places that are down, silent sources. */
export function showTroubles({ health, wallMs }) {
  const { conditions = [], down = [], sources = [] } = health;
  const troubles = [
    ...conditions.map(({ id, message, sinceWallMs }) => [
      'bad',
      `${id}: ${message}`,
      `since ${clock(sinceWallMs)} UTC`,
    ]),
    ...down.map(({ path, status }) => ['warn', `${path} is ${status}`, '']),
    ...(sources ?? []).map(({ source, problem, asOfWallMs }) => [
      'warn',
      `the figures of ${source} are old: ${problem}`,
      `read ${age(asOfWallMs, wallMs)}`,
    ]),
  ];
  const box = document.getElementById('troubles');
  box.hidden = troubles.length === 0;
  show('troubles', troubles, () =>
    troubles.map(([kind, text, since]) =>
      h('li', { class: kind }, text, since === '' ? null : h('span', { class: 'quiet' }, ` ${since}`)),
    ),
  );
}

export function showCards({ kernel, loop, facts, health, interventions }) {
  const counts = facts?.facts.counts?.value;
  const total = Object.values(interventions).reduce((sum, value) => sum + value, 0);
  const kept = counts?.deadLettersKept;
  const conditions = health.conditions?.length ?? null;
  const cards = [
    ['Restarts', count(kernel.restarts), kernel.restarts > 0 ? 'warn' : ''],
    ['Mean recovery', duration(kernel.recovery.meanMs), kernel.recovery.underWay > 0 ? 'warn' : ''],
    ['Crashes', count(kernel.crashes), kernel.crashes > 0 ? 'warn' : ''],
    ['Gave up', count(kernel.gaveUp), kernel.gaveUp > 0 ? 'bad' : ''],
    ['Dead letters kept', count(kept), kept > 0 ? 'warn' : ''],
    ['Loop delay p99', duration(loop.p99), loop.p99 > 20 ? 'warn' : ''],
    ['Longest turn', duration(kernel.longestTurnMs), kernel.longestTurnMs > 50 ? 'warn' : ''],
    ['By hand', count(total), ''],
    ['Conditions to put right', count(conditions), conditions > 0 ? 'bad' : ''],
  ];
  document
    .getElementById('cards')
    .replaceChildren(
      ...cards.map(([what, value, kind]) =>
        h('div', { class: 'card' }, h('b', { class: kind }, value), h('span', { class: 'quiet' }, what)),
      ),
    );
}
