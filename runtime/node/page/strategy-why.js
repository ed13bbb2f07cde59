/** Why one strategy has its rank: the sentence, every gate, and what was measured, with what, on which candles. */
import { h, note, table } from './dom.js';
import { rankGates, whyRank } from './gates.js';
import { clock, count, figure } from './words.js';

export function strategyWhy(strategy, asOfWallMs) {
  const { verdict, requests, oos, transitions } = strategy;
  const backtest = requests.find(({ kind }) => kind === 'backtest') ?? null;
  const sentence = whyRank({
    ...strategy,
    backtest,
    reason: verdict?.reason ?? null,
    decidedBy: verdict?.decidedBy ?? null,
  });
  return [
    h('p', { class: 'lead' }, h('b', {}, `${strategy.rank ?? 'Unranked'}. `), sentence),
    verdict === null || verdict.gates.length === 0 ? null : rankGates(verdict),
    table(['rests on', ''], basis(strategy, backtest, oos, verdict)),
    history(requests, transitions),
    note(`read ${clock(asOfWallMs)} UTC; id ${strategy.strategyId}`, 'quiet long'),
  ].filter(Boolean);
}

function basis(strategy, backtest, oos, verdict) {
  return [
    ['backtest', backtest === null ? 'not asked for' : measured(backtest)],
    ['out of sample', oos === null ? notAsked(strategy) : outOfSample(oos)],
    ...(verdict === null
      ? []
      : [
          [
            'judged',
            `${clock(verdict.decidedWallMs)} UTC by the policy ${verdict.policy}/${verdict.policyVersion}`,
          ],
        ]),
    ...(strategy.claimedRank === null
      ? []
      : [['its record says', `${strategy.claimedRank}, which is a claim and no evidence`]]),
  ];
}

const notAsked = ({ rank }) =>
  rank === null ? 'not asked for: only who reaches B is validated' : 'not asked for';

function measured({ state, failureCode, failureMessage, trades, bars, firstS, lastS, backend, dataHash }) {
  if (state !== 'succeeded')
    return `${state.replaceAll('_', ' ')}${failureCode === null ? '' : ` (${failureCode}: ${failureMessage ?? ''})`}`;
  return `${count(trades)} trades${range(bars, firstS, lastS)}${backend === null ? '' : `, by the ${backend} engine`}${candles(dataHash)}`;
}

function outOfSample({ outcome, reason, value, threshold, trades, engine, bars, firstS, lastS, dataHash }) {
  const sharpe = value === null ? 'unknown' : figure(value);
  return `${outcome.replaceAll('_', ' ')} (${reason.replaceAll('_', ' ')}): Sharpe ratio ${sharpe}, wanted at least ${threshold}; ${count(trades)} trades${range(bars, firstS, lastS)}, by ${engine}${candles(dataHash)}`;
}

const day = (s) => clock(1_000 * s).slice(0, 10);
const range = (bars, firstS, lastS) =>
  firstS === null || lastS === null ? '' : ` on ${count(bars)} bars, ${day(firstS)} to ${day(lastS)}`;
const candles = (hash) => (hash === null ? '' : `, candles ${hash.slice(0, 12)}…`);

function history(requests, transitions) {
  const rows = [
    ...transitions.map(({ decidedWallMs, rankBefore, rankAfter, version }) => ({
      wallMs: decidedWallMs,
      what: `verdict ${version}`,
      came: `${rankBefore ?? 'unranked'} to ${rankAfter ?? 'unranked'}`,
    })),
    ...requests.map((request) => ({
      wallMs: request.terminalWallMs ?? request.submittedWallMs,
      what: `${request.kind} request`,
      came: `${request.state}, ${request.attemptsUsed} attempts`,
    })),
  ].sort((a, b) => b.wallMs - a.wallMs);
  const newest = rows[0]?.wallMs ?? null;
  return h(
    'details',
    {},
    h(
      'summary',
      { class: 'quiet' },
      `what happened to it${newest === null ? '' : `, last ${clock(newest)} UTC`}`,
    ),
    table(
      ['when (UTC)', 'what', 'came to'],
      rows.map(({ wallMs, what, came }) => [clock(wallMs), what, came]),
    ),
  );
}
