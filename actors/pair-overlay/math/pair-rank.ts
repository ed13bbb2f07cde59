export interface PairRankRules {
  readonly oosSharpeMin: number;
  readonly cpcvSharpeMin: number;
}

/** The rank of a pair by what its legs' other trades say (domain 4.8). Null: too few trades of that kind. */
export function pairRank(
  oosSharpe: number | null,
  cpcvSharpe: number | null,
  rules: PairRankRules,
): 'S' | 'A' | 'B' {
  if (cpcvSharpe !== null && cpcvSharpe >= rules.cpcvSharpeMin) return 'S';
  return oosSharpe !== null && oosSharpe >= rules.oosSharpeMin ? 'A' : 'B';
}
