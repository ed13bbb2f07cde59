/** Which siblings share the fate of a child that failed. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';

/**
 * The slots that a restart moves, as a half-open range of positions in start order.
 * Stopping walks it backwards, starting forwards; slots outside are not touched.
 */
export function affected(
  strategy: Strategy,
  failedAt: number,
  slots: number,
): { readonly from: number; readonly to: number } {
  switch (strategy) {
    case 'one_for_one':
      return { from: failedAt, to: failedAt + 1 };
    case 'one_for_all':
      return { from: 0, to: slots };
    case 'rest_for_one':
      return { from: failedAt, to: slots };
  }
}
