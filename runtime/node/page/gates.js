/** Floors and gates in words. A gate's first letter says for which rank it is asked. */
import { h, table } from './dom.js';

const plain = (value) => String(Number(value.toPrecision(4)));
const percent = (value) => `${Number((100 * value).toPrecision(3))} %`;
const whole = (value) => value.toLocaleString('en');

const spoken = {
  sharpe: ['Sharpe ratio', plain],
  profit_factor: ['profit factor', plain],
  win_rate: ['win rate', percent],
  max_drawdown: ['greatest drawdown', percent],
  expectancy_pips: ['pips of an average trade, less the spread', plain],
  evidence: ['trades in the backtest', whole],
  oos_sharpe: ['Sharpe ratio out of sample', plain],
  cpcv_pass_rate: ['share of cross-validation paths (CPCV) that pass', percent],
  cpcv_median_drawdown: ['median drawdown in cross-validation (CPCV)', percent],
  dry_run_slippage_pips: ['slippage in a dry run, pips', plain],
  monte_carlo_values: ['trades for the Monte Carlo draw', whole],
  monte_carlo_ruin: ['probability of ruin, by Monte Carlo', percent],
};

const signs = { at_least: 'at least', at_most: 'at most', above: 'above', below: 'below', present: '' };

/** For which rank it is asked. */
export const rankOfGate = ({ gate }) => (gate.startsWith('b_') ? 'B' : gate.startsWith('s_') ? 'S' : 'A');

const wordsOf = ({ gate }) => spoken[gate] ?? spoken[gate.slice(2)] ?? [gate.replaceAll('_', ' '), plain];
export const nameOfGate = (gate) => wordsOf(gate)[0];
export const found = (gate) => (gate.value === null ? 'unknown' : wordsOf(gate)[1](gate.value));
export const wanted = (gate) =>
  `${signs[gate.rule] ?? gate.rule} ${gate.threshold === null ? 'unknown' : wordsOf(gate)[1](gate.threshold)}`.trim();

/** One gate that is not met, with its rank. */
export const shortfall = (gate) =>
  `${nameOfGate(gate)} ${gate.value === null ? 'is not known' : `is ${found(gate)}`}, wanted ${wanted(gate)}`;

/** Why a strategy has its rank, in a sentence. */
export function whyRank({ rank, reason, decidedBy, environment, claimedRank, backtest }) {
  if (environment === 'test') return 'A test by its name: tests are never ranked.';
  if (reason === null || reason === undefined) return notJudged(backtest);
  if (reason === 'kept_as_recorded')
    return `Kept as ${claimedRank ?? rank}: its record says so, and it is measured without being ranked anew.`;
  if (decidedBy) return `Kept from rank ${rankOfGate(decidedBy)}: ${shortfall(decidedBy)}.`;
  return reason === 'b_met'
    ? 'Meets every floor of B; what it does out of sample is not judged yet.'
    : `Meets every floor and gate of ${rank ?? 'its rank'} (${reason.replaceAll('_', ' ')}).`;
}

function notJudged(backtest) {
  if (!backtest) return 'Not measured: no backtest was asked for.';
  const { state, failureCode, failureMessage } = backtest;
  if (state === 'succeeded') return 'Measured, and not judged yet.';
  if (state === 'queued' || state === 'leased')
    return `Not measured yet: its backtest is ${state === 'leased' ? 'in flight' : 'queued'}.`;
  const code = failureCode === null ? '' : ` (${failureCode}${failureMessage ? `: ${failureMessage}` : ''})`;
  return `Not measured: its backtest ${state === 'failed' ? 'failed' : `is ${state.replaceAll('_', ' ')}`}${code}.`;
}

const yes = () => h('span', { class: 'good', title: 'met', role: 'img', 'aria-label': 'met' }, '✓');
const no = () => h('span', { class: 'bad', title: 'not met', role: 'img', 'aria-label': 'not met' }, '✗');
const open = () =>
  h('span', { class: 'quiet', title: 'not looked at', role: 'img', 'aria-label': 'not looked at' }, '?');

const decides = (text) => [text, ' ', h('span', { class: 'pill bad' }, 'this decided')];

/** Every floor and gate that was asked, the one that decided marked. */
export function rankGates({ gates, decidedBy }) {
  const isDecider = ({ gate }) => decidedBy?.gate === gate;
  return table(
    ['', 'floor or gate', 'found#', 'wanted#'],
    gates.map((gate) => [
      gate.passed ? yes() : gate.value === null && !isDecider(gate) ? open() : no(),
      isDecider(gate)
        ? decides(`${rankOfGate(gate)}: ${nameOfGate(gate)}`)
        : `${rankOfGate(gate)}: ${nameOfGate(gate)}`,
      found(gate),
      wanted(gate),
    ]),
  );
}

/** Gates of a pair, which come in words already. The first that is shut decides. */
export function pairGates(gates, isDecider) {
  return table(
    ['', 'gate', 'found', 'wanted'],
    gates.map((gate) => [
      gate.passed === null ? open() : gate.passed ? yes() : no(),
      isDecider(gate) ? decides(gate.gate) : gate.gate,
      gate.value,
      gate.limit,
    ]),
  );
}
