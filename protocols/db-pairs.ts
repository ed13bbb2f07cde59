/** What the pair overlay asks of the stores. */
export type PairCoreMsg = never;
export type PairReaderMsg = never;
