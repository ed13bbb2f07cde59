/** Kept dead letters: fetched when their number changes, redriven by whoever has the token. */
import { h, note, table } from './dom.js';
import { clock } from './words.js';
import { withToken } from './token.js';

let known = null;
let reason = '';
let said = '';

export async function showLetters({ facts }) {
  const kept = facts?.facts.counts?.value?.deadLettersKept ?? null;
  if (kept === known) return;
  known = kept;
  await fetchLetters();
}

async function fetchLetters() {
  const body = document.querySelector('#letters .body');
  try {
    const query = reason === '' ? '' : `&reason=${encodeURIComponent(reason)}`;
    const response = await fetch(`/api/dead-letters/kept?limit=50${query}`);
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    body.replaceChildren(...draw(answer.letters));
  } catch (error) {
    known = null;
    body.replaceChildren(note(`unknown: ${error.message}`, 'bad'));
  }
}

function draw(letters) {
  const filter = h('input', {
    'aria-label': 'only this reason',
    placeholder: 'only this reason',
    value: reason,
    onchange: (event) => {
      reason = event.target.value.trim();
      void fetchLetters();
    },
  });
  const bar = h('div', { class: 'bar' }, filter, h('span', { class: 'quiet', role: 'status' }, said));
  if (letters.length === 0) return [bar, note(reason === '' ? 'None.' : 'None of this reason.')];
  const rows = letters.map((letter) => [
    clock(letter.atWallMs),
    letter.reason,
    letter.recipient,
    letter.messageType,
    h(
      'span',
      { class: 'clip', title: letter.errorsJson },
      h(
        'details',
        {},
        h('summary', {}, preview(letter)),
        h('pre', {}, letter.payloadJson ?? letter.payloadType),
      ),
    ),
    h('button', { onclick: () => void redrive(letter.letterId), 'data-letter': letter.letterId }, 'Redrive'),
  ]);
  return [bar, table(['when (UTC)', 'reason', 'for', 'message', 'payload', ''], rows)];
}

const preview = ({ payloadJson, payloadType }) => (payloadJson ?? payloadType).slice(0, 60);

async function redrive(letterId) {
  said = await withToken(async (headers) => {
    const response = await fetch('/api/dead-letters/redrive', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ letterIds: [letterId] }),
    });
    if (response.status === 401 || response.status === 403) return { refused: true };
    const answer = await response.json();
    const [result] = answer.results ?? [];
    return {
      text:
        result === undefined
          ? answer.error
          : `${letterId}: ${result.outcome === 'redriven' ? `redriven to ${result.to}` : result.message}`,
    };
  });
  await fetchLetters();
}
