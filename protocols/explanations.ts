/** Why things are as they are: questions that a thread answers from the files, so that the loop stays free. */
import { name } from './name.js';
import type { WorkerPoolMsg } from './workers.js';

export type ExplainWork =
  /** Where strategies stand, best ranks first, each with the gate that decided. */
  | {
      readonly type: 'strategies';
      /** A part of the name, whatever its case, or a whole id; empty for all. */
      readonly query: string;
      /** `unranked` for those without one; empty for all. */
      readonly rank: string;
      readonly limit: number;
    }
  /** Everything that a name's or an id's rank rests on. */
  | { readonly type: 'strategy'; readonly wanted: string }
  /** What the newest refresh came to, and every pair of the pool with what keeps it from being active. */
  | { readonly type: 'pairs'; readonly query: string; readonly limit: number }
  /** A pair by its id (`b` is null), or by the names or ids of its legs. */
  | { readonly type: 'pair'; readonly a: string; readonly b: string | null };

export type Explained =
  /** As JSON already: it goes out as it is, and crosses threads without being walked through. */
  | { readonly outcome: 'found'; readonly json: string }
  /**
   * `unknown`: nothing is called so, `near` is what may have been meant. `ambiguous`: several are, `near` has their ids.
   * `unusable`: the question makes no sense.
   */
  | {
      readonly outcome: 'unknown' | 'ambiguous' | 'unusable';
      readonly message: string;
      readonly near: readonly string[];
    };

export const names = {
  explainer: name<WorkerPoolMsg<ExplainWork, Explained>>('operations/explainer'),
} as const;
