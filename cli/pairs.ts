import type { Command } from 'commander';
import type { PairOverview, ScoredPair } from '../protocols/db-pairs.js';
import { defaultFile } from '../runtime/node/paths.js';
import type {
  Gate,
  Known,
  LegExplained,
  PairExplained,
  PairExplainer,
} from '../runtime/pipeline/explain-pairs.js';
import type { KnownPair, PairFiles } from '../runtime/pipeline/read-pairs.js';
import { UsageError } from './failure.js';
import { painter, print, printJson, table } from './output.js';

const listHelp = `
Reads the files beside whoever serves them; nothing is changed.

Examples:
  holdfast pairs list                   what is active, and what the newest refresh kept
  holdfast pairs list --all --json      every pair that was ever kept, with its last score
`;

const explainHelp = `
Each gate with its value and its limit, computed from the files as they are now. A pair is named by its id (ours or
Swimmy's) or by the names of its two strategies.

Examples:
  holdfast pairs explain                                what the newest refresh did, gate by gate
  holdfast pairs explain F9C9F119A01DA936
  holdfast pairs explain RSI-2-USDJPY SMA-Cross-USDJPY  why these two are no active pair
  holdfast pairs explain --strategy RSI-2-USDJPY        whether it can be a leg, and who could be the other
`;

interface Flags {
  readonly db: string;
  readonly json: boolean;
}

export function addPairs(program: Command): void {
  const pairs = program.command('pairs').description('Which strategies are paired, and why others are not.');
  pairs
    .command('list')
    .description('The active pairs and what the newest refresh kept.')
    .option('--db <file>', 'the database', defaultFile)
    .option('--all', 'every pair that was ever kept', false)
    .option('--json', 'as JSON', false)
    .addHelpText('after', listHelp)
    .action(async ({ db, json, all }: Flags & { readonly all: boolean }) => {
      const { PairFiles } = await import('../runtime/pipeline/read-pairs.js');
      const files = await PairFiles.at(db);
      const found = { ...files.overview(), ...(all ? { all: files.known() } : {}) };
      await (json ? printJson(found) : print(listText(found, all ? files.known() : null)));
    });
  pairs
    .command('explain')
    .description('Why a pair is active or not.')
    .argument('[names...]', 'a pair id, or the names of two strategies')
    .option('--strategy <name>', 'whether this strategy can be a leg, and with whom')
    .option('--db <file>', 'the database', defaultFile)
    .option('--json', 'as JSON', false)
    .addHelpText('after', explainHelp)
    .action(async (names: readonly string[], flags: Flags & { readonly strategy?: string }) => {
      const { PairFiles } = await import('../runtime/pipeline/read-pairs.js');
      const { PairExplainer } = await import('../runtime/pipeline/explain-pairs.js');
      const files = await PairFiles.at(flags.db);
      const explainer = new PairExplainer(files);
      try {
        const { data, text } = explain(files, explainer, names, flags.strategy);
        await (flags.json ? printJson(data) : print(text));
      } finally {
        explainer.close();
      }
    });
}

interface Explained {
  readonly data: unknown;
  readonly text: string;
}

function explain(
  files: PairFiles,
  explainer: PairExplainer,
  names: readonly string[],
  strategy: string | undefined,
): Explained {
  const [first, second] = names;
  if (names.length > 2 || (strategy !== undefined && names.length > 0))
    throw new UsageError(
      `pairs explain: expected a pair id, two names, or --strategy NAME, found ${names.length} names`,
    );
  if (strategy !== undefined) return explainStrategy(explainer, knownStrategy(files, strategy));
  if (first === undefined) return explainRefresh(explainer);
  if (second === undefined) return explainPair(explainer, files, ...legsOf(files, first));
  return explainPair(explainer, files, knownStrategy(files, first), knownStrategy(files, second));
}

/** Several strategies may have one name; whoever means another one says its id. */
function knownStrategy(files: PairFiles, nameOrId: string): Known {
  const [found, ...others] = files.strategies(nameOrId);
  if (found === undefined)
    throw new UsageError(
      `pairs explain: expected the name or id of a strategy in ${files.core}, found ${JSON.stringify(nameOrId)}`,
    );
  if (others.length > 0)
    throw new UsageError(
      `pairs explain: ${others.length + 1} strategies are called ${JSON.stringify(nameOrId)}; say which by its id: ${[found, ...others].map(({ strategy_id }) => strategy_id).join(', ')}`,
    );
  const strategyId = found.strategy_id;
  return { strategyId, name: found.name, rank: files.rank(strategyId) };
}

function legsOf(files: PairFiles, id: string): readonly [Known, Known] {
  const [pair, other] = files.pairs(id);
  if (pair === undefined)
    throw new UsageError(
      `pairs explain: expected the id of a pair that was ever kept, or two names, found ${JSON.stringify(id)}; holdfast pairs list --all shows the ids`,
    );
  if (other !== undefined)
    throw new UsageError(
      `pairs explain: ${id} is Swimmy's id of several pairs; take ours: ${pair.pair_id}, ${other.pair_id}`,
    );
  return [knownStrategy(files, pair.strategy_a), knownStrategy(files, pair.strategy_b)];
}

function explainPair(explainer: PairExplainer, files: PairFiles, a: Known, b: Known): Explained {
  if (a.strategyId === b.strategyId)
    throw new UsageError(`pairs explain: expected two strategies, found ${a.name} twice`);
  const explained = explainer.pair(a, b);
  const spells = files.spells(explained.pairId).map((spell) => ({
    fromWallMs: spell.from_wall_ms,
    toWallMs: spell.to_wall_ms,
    endReason: spell.end_reason,
  }));
  const text = [
    ...header(explainer),
    pairText(explained),
    ...spells.map(({ fromWallMs, toWallMs, endReason }) =>
      toWallMs === null
        ? `active since ${time(fromWallMs)}`
        : `was active from ${time(fromWallMs)} to ${time(toWallMs)}: ${endReason ?? 'unknown'}`,
    ),
  ].join('\n');
  return { data: { ...explained, current: explainer.current, spells }, text };
}

/** The partners shown; the rest is counted. */
const partnersShown = 15;

function explainStrategy(explainer: PairExplainer, strategy: Known): Explained {
  const leg = explainer.leg(strategy);
  const partners = explainer.partners(strategy.strategyId);
  const pairs = partners
    .slice(0, partnersShown)
    .map((partner) => explainer.pair(strategy, { ...partner, rank: partner.rank }));
  const rows = pairs.map(({ legs, active, because, figures }) => [
    `  with ${legs[1].name}`,
    active ? 'active' : 'not active',
    figures === null
      ? ''
      : `correlation ${figures.correlation.toFixed(3)}, score ${figures.score.toFixed(3)}`,
    active ? '' : `shut: ${because ?? 'waits for the next refresh'}`,
  ]);
  const text = [
    ...header(explainer),
    legText(leg),
    partners.length === 0
      ? 'nobody else is in the pool for it'
      : `the other leg could be one of ${partners.length}:`,
    ...(rows.length === 0 ? [] : [table(rows)]),
  ].join('\n');
  return { data: { leg, partners: partners.length, pairs, current: explainer.current }, text };
}

function explainRefresh(explainer: PairExplainer): Explained {
  const { overview } = explainer;
  const { refresh, slots } = overview;
  if (refresh === null)
    return {
      data: overview,
      text: 'no refresh yet: pairs are formed when a job has decided the ranks (holdfast run)',
    };
  const { pool, leg, selection } = explainer.rules;
  const excluded = Object.entries(JSON.parse(refresh.excludedJson) as Record<string, number>)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
  const rows = [
    ['rank', `${refresh.candidates} of rank ${pool.ranks.join(' or ')}`],
    ['pool', `${refresh.pool} among the best ${pool.groupMax} of their symbol and timeframe`],
    [
      'legs',
      `${refresh.eligible} with ${leg.tradesMin} trades or more; excluded: ${excluded === '' ? 'none' : excluded}`,
    ],
    [
      'tested',
      `${refresh.tested} pairs; ${refresh.overlapTooSmall} more have windows that overlap too little`,
    ],
    [
      'correlation',
      `${refresh.strict} within ${selection.correlationMax}; ${refresh.tooCorrelated} above ${selection.rescueCorrelationMax}`,
    ],
    ['kept', `${refresh.kept} of at most ${selection.pairsMax}, ${refresh.rescued} of them rescued`],
    ['active', `${refresh.active} by the refresh, ${overview.active.length} now`],
    ...slots
      .filter(({ pairId }) => pairId === null)
      .map(({ slot, eligible, emptySinceWallMs }) => [
        'empty slot',
        `${slot}: ${eligible} legs, since ${time(emptySinceWallMs)}`,
      ]),
  ];
  const why = refresh.explanation === null ? [] : [refresh.explanation];
  const text = [...header(explainer), table(rows), ...why].join('\n');
  return { data: { ...overview, current: explainer.current }, text };
}

function header({ overview, rules, current }: PairExplainer): readonly string[] {
  const { refresh } = overview;
  if (refresh === null) return ['no refresh yet; the gates are those of strict mode'];
  const stale = current === false ? '; ranks or trades have changed since' : '';
  return [`refresh of ${time(refresh.recordedWallMs)}, ${rules.mode} mode${stale}`];
}

const mark = ({ passed }: Gate): string => (passed === null ? '?' : passed ? 'ok' : 'NO');

const gateRows = (gates: readonly Gate[]): readonly (readonly string[])[] =>
  gates.map((gate) => [`  ${mark(gate)}`, gate.gate, gate.value, gate.limit]);

const legText = ({ name, gates }: LegExplained): string => `${name}\n${table(gateRows(gates))}`;

function pairText({ pairId, legs, gates, active, because }: PairExplained): string {
  const paint = painter(process.stdout);
  const state = active ? paint('green', 'active') : paint('yellow', 'not active');
  const why = active ? '' : because === null ? ': waits for the next refresh' : `: ${because}`;
  return [`${pairId}: ${state}${why}`, ...legs.map(legText), `both\n${table(gateRows(gates))}`].join('\n');
}

function listText({ refresh, scores, active }: PairOverview, all: readonly KnownPair[] | null): string {
  const paint = painter(process.stdout);
  if (refresh === null)
    return 'no refresh yet: pairs are formed when a job has decided the ranks (holdfast run)';
  const head = paint(active.length > 0 ? 'green' : 'yellow', `${active.length} active`);
  const shown: readonly (ScoredPair & { readonly active?: boolean })[] = all ?? scores;
  const isActive = ({ pairId }: ScoredPair): boolean => active.some((one) => one.pairId === pairId);
  const rows = [
    ['', 'slot', 'legs', 'score', 'Sharpe', 'PF', 'correlation', 'weights', 'rank', 'id'],
    ...shown.map((pair) => [
      isActive(pair) ? 'active' : pair.outcome === 'active' ? 'ended' : pair.outcome,
      pair.slot,
      `${pair.nameA} + ${pair.nameB}`,
      pair.score.toFixed(3),
      pair.sharpe.toFixed(3),
      pair.profitFactor.toFixed(3),
      pair.correlation.toFixed(3),
      `${pair.weightA.toFixed(2)}/${pair.weightB.toFixed(2)}`,
      pair.rank,
      pair.pairId,
    ]),
  ];
  const why = refresh.explanation === null ? [] : [refresh.explanation];
  return [
    `${head}, ${refresh.kept} kept of ${refresh.tested} tested; refresh of ${time(refresh.recordedWallMs)}, ${refresh.mode} mode`,
    ...(shown.length === 0 ? [] : [table(rows)]),
    ...why,
    ...(active.length === 0 ? ['holdfast pairs explain tells more'] : []),
  ].join('\n');
}

const time = (wallMs: number | null): string =>
  wallMs === null ? 'unknown' : `${new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
