/** What people are told of a change of rank: from where to where, and what decided. */
import type { NewNotification } from '../../protocols/db-notifier.js';
import type { RankVerdict } from '../../protocols/db-rows.js';
import type { GateResult } from '../../protocols/ranks.js';
import type { Judged } from './rank-policy.js';

export const worthTellingMs = 24 * 3_600_000;

const figure = (value: number | null): string =>
  value === null ? 'unknown' : Number(value.toPrecision(6)).toString();

const signs: Readonly<Record<GateResult['rule'], string>> = {
  at_least: 'wanted at least',
  at_most: 'wanted at most',
  above: 'wanted above',
  below: 'wanted below',
  present: 'wanted',
};

/** `a_sharpe: 0.31, wanted at least 0.45`. */
export const gateText = ({ gate, value, threshold, rule }: GateResult): string =>
  `${gate}: ${figure(value)}, ${signs[rule]} ${figure(threshold)}`;

const rankText = (rank: string | null): string => rank ?? 'unranked';

/** @returns null when nobody needs to be told: no change, or an archive that was taken over as it was */
export function rankNotice(name: string, verdict: RankVerdict, judged: Judged): NewNotification | null {
  const { rankBefore, rankAfter, strategyId, decidedWallMs, policyName, policyVersion } = verdict;
  if (rankBefore === rankAfter || judged.reason === 'kept_as_recorded') return null;
  const change = `${rankText(rankBefore)} to ${rankText(rankAfter)}`;
  const decided =
    judged.decidedBy === null
      ? 'All that was asked is met.'
      : `${lead(verdict)} ${gateText(judged.decidedBy)}.`;
  const met = judged.gates
    .filter(({ passed }) => passed)
    .map(({ gate, value }) => `${gate} ${figure(value)}`);
  const body = [
    ...(met.length === 0 ? [] : [`Met: ${met.join(', ')}.`]),
    decided,
    `By policy ${policyName}/${policyVersion}; strategy ${strategyId}.`,
  ];
  return {
    notificationId: `rank:${strategyId}`,
    topic: 'ranks',
    severity: 'info',
    title: `${name}: ${change}`.slice(0, 256),
    body: body.join('\n').slice(0, 4_096),
    collapseKey: `rank:${strategyId}`,
    sourceWallMs: decidedWallMs,
    createdWallMs: decidedWallMs,
    expiresWallMs: decidedWallMs + worthTellingMs,
  };
}

const order: readonly (string | null)[] = [null, 'B', 'A', 'S'];

const lead = ({ rankBefore, rankAfter }: RankVerdict): string =>
  order.indexOf(rankAfter) > order.indexOf(rankBefore) ? 'Next would be decided by' : 'Decided by';
