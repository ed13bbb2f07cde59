import { letterOfRow } from '../../actors/dead-letters/store.js';
import type { LetterCursor, LetterRow } from '../../protocols/dead-letters.js';
import { selectKeptLetters, selectKeptLettersOf, selectLetter } from '../../storage/tables/letters.js';
import { kindOf } from '../node/files.js';
import { pipelinePaths } from '../node/paths.js';
import { PipelineFailure } from './failure.js';
import { queryFile } from './query-file.js';

export interface LettersWanted {
  readonly reason: string | undefined;
  readonly after: LetterCursor | null;
  readonly limit: number;
}

/** From the file, while nobody serves it; what waits in the spool beside it comes in with the next start. @throws PipelineFailure */
export async function readKeptLetters(
  db: string,
  { reason, after, limit }: LettersWanted,
): Promise<readonly LetterRow[]> {
  const page = { afterWallMs: after?.atWallMs ?? 0, afterId: after?.letterId ?? '', limit };
  const statement = reason === undefined ? selectKeptLetters(page) : selectKeptLettersOf({ ...page, reason });
  return queryFile(await fileOf(db), 'dead-letters', statement).map(letterOfRow);
}

/** @returns null when there is no such letter */
export async function readLetter(db: string, letterId: string): Promise<LetterRow | null> {
  const [row] = queryFile(await fileOf(db), 'dead-letters', selectLetter({ letterId }));
  return row === undefined ? null : letterOfRow(row);
}

async function fileOf(db: string): Promise<string> {
  const { deadLetters } = pipelinePaths(db);
  if ((await kindOf(deadLetters)) === 'file') return deadLetters;
  throw new PipelineFailure(
    'input_missing',
    `--db ${db}: expected a database of holdfast, found no ${deadLetters}; holdfast run makes one`,
  );
}
