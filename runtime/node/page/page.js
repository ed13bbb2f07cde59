/** Draws what the process says each second, and says so when it says nothing any more. */
import { showCards, showStatus, showTroubles } from './glance.js';
import { showLanes } from './lanes.js';
import { showLetters } from './letters.js';
import { showPairs, showRanks, showSummary } from './outcomes.js';
import { showPairWhys } from './pair-list.js';
import { showPlots, takeHistory } from './plots.js';
import { showRequests } from './requests.js';
import { showStrategies } from './strategies.js';
import { showRestarts, showTree } from './tree.js';
import { clock, duration } from './words.js';

/** Without a word for so long, what is shown is old. */
const silentMs = 5_000;

let heardMs = performance.now();
let saidWallMs = null;

function draw(snapshot) {
  showStatus(snapshot);
  showTroubles(snapshot);
  showCards(snapshot);
  showRequests(snapshot);
  showRanks(snapshot);
  showPairs(snapshot);
  showStrategies(snapshot);
  showPairWhys(snapshot);
  showLanes(snapshot);
  showRestarts(snapshot);
  showTree(snapshot);
  showSummary(snapshot);
  showPlots(snapshot);
  void showLetters(snapshot);
}

function heed() {
  const lost = performance.now() - heardMs > silentMs;
  const banner = document.getElementById('lost');
  document.body.classList.toggle('lost', lost);
  banner.hidden = !lost;
  if (!lost) return;
  document.getElementById('status').textContent = 'STALE';
  document.getElementById('status').className = 'pill bad';
  const since =
    saidWallMs === null ? 'It has said nothing yet.' : `This is what it said at ${clock(saidWallMs)} UTC.`;
  banner.textContent = `STALE: no word from the process for ${duration(Math.round((performance.now() - heardMs) / 1_000) * 1_000)}. ${since}`;
}

const events = new EventSource('/api/events');
events.addEventListener('message', ({ data }) => {
  const snapshot = JSON.parse(data);
  heardMs = performance.now();
  saidWallMs = snapshot.wallMs;
  draw(snapshot);
  heed();
});
events.addEventListener('history', ({ data }) => takeHistory(JSON.parse(data)));
setInterval(heed, 1_000);
