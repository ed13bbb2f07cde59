import type { GateResult } from '../protocols/ranks.js';
import type { StrategyStatus } from '../runtime/pipeline/strategy-status.js';
import type { painter } from './output.js';
import { table } from './output.js';

const time = (wallMs: number | null): string =>
  wallMs === null ? '' : `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const figure = (value: number | null): string =>
  value === null ? 'unknown' : Number(value.toPrecision(6)).toString();

const signs: Readonly<Record<GateResult['rule'], string>> = {
  at_least: 'at least',
  at_most: 'at most',
  above: 'above',
  below: 'below',
  present: '',
};

const gateText = ({ value, threshold, rule }: GateResult): string =>
  `${figure(value)}, wanted ${signs[rule]} ${figure(threshold)}`;

/** Why a strategy has its rank: first the gate that decided, then all that were asked, then what they rest on. */
export function strategyText(status: StrategyStatus, paint: ReturnType<typeof painter>): string {
  const { verdict, oos, requests, transitions } = status;
  const decided = verdict?.decidedBy ?? null;
  const rows: string[][] = [
    ['strategy', status.strategyId],
    ['market', `${status.symbol ?? 'no symbol'}, ${status.timeframeMinutes ?? '?'} min`],
    ['rank', `${status.rank ?? 'unranked'}${whyText(status)}`],
    ...(decided === null ? [] : [['held back by', `${decided.gate}: ${gateText(decided)}`]]),
    ...(verdict === null
      ? []
      : [['policy', `${verdict.policy}/${verdict.policyVersion}, decided ${time(verdict.decidedWallMs)}`]]),
    ...(verdict?.gates ?? []).map((gate) => [
      gate.passed ? '  met' : gate.value === null ? '  unknown' : '  not met',
      `${gate.gate}: ${gateText(gate)}`,
    ]),
    [
      'out of sample',
      oos === null
        ? 'not asked for'
        : `${oos.outcome} (${oos.reason}): Sharpe ${figure(oos.value)}, wanted at least ${figure(oos.threshold)}; ${oos.trades ?? '?'} trades`,
    ],
    ...(oos?.firstS === null || oos?.firstS === undefined
      ? []
      : [
          [
            '  used',
            `${oos.bars ?? '?'} bars, ${time(1_000 * oos.firstS)} to ${time(oos.lastS === null ? null : 1_000 * oos.lastS)}, engine ${oos.engine}`,
          ],
        ]),
    ...requests.map((request) => [
      `${request.kind} request`,
      `${request.state}${request.failureCode === null ? '' : ` (${request.failureCode}: ${request.failureMessage ?? ''})`}, ${request.attemptsUsed} attempts, ${time(request.terminalWallMs ?? request.submittedWallMs)}`,
    ]),
    ...transitions.map(({ version, rankBefore, rankAfter, decidedWallMs }) => [
      `verdict ${version}`,
      `${rankBefore ?? 'unranked'} to ${rankAfter ?? 'unranked'}, ${time(decidedWallMs)}`,
    ]),
  ];
  return `${paint('bold', status.name)}\n${table(rows)}`;
}

function whyText({ verdict, environment, claimedRank, requests }: StrategyStatus): string {
  if (environment === 'test') return ': a test by its name, which is never ranked';
  if (verdict === null) {
    const tested = requests.some(({ kind, state }) => kind === 'backtest' && state === 'succeeded');
    return tested ? ': not judged yet' : ': not measured';
  }
  if (verdict.reason === 'kept_as_recorded') return `: kept, because its record says ${claimedRank ?? 'so'}`;
  return ` (${verdict.reason})`;
}
