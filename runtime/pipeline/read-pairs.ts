/** What the files know of pairs, read without changing anything, beside a process that serves them or without one. */
import { candidatesFrom } from '../../actors/db-writes/pair-queries.js';
import { fromRow } from '../../actors/db-writes/rows.js';
import type {
  ActivePair,
  PairCandidate,
  PairOverview,
  PairRefresh,
  PairSlot,
  ScoredPair,
} from '../../protocols/db-pairs.js';
import type { Statement } from '../../storage/statement.js';
import { selectCandidates } from '../../storage/tables/pair-candidates.js';
import { selectLatestRefresh } from '../../storage/tables/pair-refreshes.js';
import {
  selectActivations,
  selectActivePairs,
  selectAllPairs,
  selectPairs,
  selectScores,
  selectSlots,
} from '../../storage/tables/pair-views.js';
import type { ActivationView, PairDefinitionView } from '../../storage/tables/pair-views.js';
import { selectRank } from '../../storage/tables/ranks.js';
import { selectStrategiesNamed, selectStrategy } from '../../storage/tables/strategies.js';
import type { StrategyRow } from '../../storage/tables/strategies.js';
import { kindOf } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { queryFile } from './query-file.js';
import { namesNear } from './strategy-status.js';

/** A pair that was ever kept, as it was scored last. */
export type KnownPair = ScoredPair & { readonly active: boolean; readonly recordedWallMs: number };

/** More are not listed. */
const pairsListedMax = 1_000;
const candidatesAtOnce = 500;
const spellsShown = 10;

/** Questions to the core file of one command. */
export class PairFiles {
  readonly core: string;
  readonly trades: string;

  private constructor(core: string, trades: string) {
    this.core = core;
    this.trades = trades;
  }

  /** @throws PipelineFailure `input_missing` */
  static async at(file: string): Promise<PairFiles> {
    const { core, trades } = pipelinePaths(file);
    if ((await kindOf(core)) === 'file') return new PairFiles(core, trades);
    throw new PipelineFailure(
      'input_missing',
      `--db ${core}: expected a database of holdfast, found none; holdfast run makes one`,
    );
  }

  overview(): PairOverview {
    const [row] = this.#query(selectLatestRefresh({}));
    const active = this.#query(selectActivePairs({})).map((one) => fromRow<ActivePair>(one));
    if (row === undefined) return { refresh: null, scores: [], slots: [], active };
    const refresh = fromRow<PairRefresh>(row);
    const { refreshId } = refresh;
    return {
      refresh,
      scores: this.#query(selectScores({ refreshId })).map((one) => fromRow<ScoredPair>(one)),
      slots: this.#query(selectSlots({ refreshId })).map((one) => fromRow<PairSlot>(one)),
      active,
    };
  }

  known(): readonly KnownPair[] {
    return this.#query(selectAllPairs({ limit: pairsListedMax })).map(({ active, ...row }) => ({
      ...fromRow<Omit<KnownPair, 'active'>>(row),
      active: active === 1,
    }));
  }

  /** By our id or by Swimmy's. */
  pairs(id: string): readonly PairDefinitionView[] {
    return this.#query(selectPairs({ id }));
  }

  spells(pairId: string): readonly ActivationView[] {
    return this.#query(selectActivations({ pairId, limit: spellsShown }));
  }

  /** By name, oldest first, or by id. */
  strategies(nameOrId: string): readonly StrategyRow[] {
    const named = this.#query(selectStrategiesNamed({ name: nameOrId }));
    return named.length > 0 ? named : this.#query(selectStrategy({ strategyId: nameOrId }));
  }

  /** Names that may have been meant. */
  near(wanted: string): readonly string[] {
    return namesNear(this.core, wanted);
  }

  rank(strategyId: string): string | null {
    return this.#query(selectRank({ strategyId }))[0]?.rank ?? null;
  }

  candidates(newestOnly: boolean): readonly PairCandidate[] {
    const all: PairCandidate[] = [];
    for (let after = ''; ;) {
      const page = candidatesFrom(
        this.#query(selectCandidates({ after, limit: candidatesAtOnce, newestOnly: newestOnly ? 1 : 0 })),
      );
      all.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < candidatesAtOnce) return all;
      after = last.strategyId;
    }
  }

  #query<R>(statement: Statement<R>): readonly R[] {
    return queryFile(this.core, 'core', statement);
  }
}
