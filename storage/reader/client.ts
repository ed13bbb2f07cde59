/** Queries for status and summaries, in a thread of their own; each is bounded in rows and in time. */
import type { StoreKind } from '../migrations/index.js';
import type { Statement } from '../statement.js';
import { type ChannelLimits, startThread, type ThreadOptions } from '../thread/channel.js';
import type { Opened, Outcome } from '../thread/messages.js';
import { type Page, readDefaults, type ReadLimits } from './session.js';
import type { ReaderThreadData } from './thread.js';

export interface Reader {
  readonly opened: Opened;
  /** A bug (wrong SQL, a statement that writes) rejects. */
  query<R>(statement: Statement<R>): Promise<Outcome<Page<R>>>;
  readonly queueDepth: number;
  close(deadline?: AbortSignal): Promise<void>;
}

export interface ReaderOptions extends Omit<ThreadOptions, 'limits'> {
  readonly file: string;
  readonly kind: StoreKind;
  /** @defaultValue 10,000 rows and 1 s a query; 1,000 queries waiting */
  readonly limits?: Partial<ReadLimits & ChannelLimits>;
}

/** People and scrapers ask; a thousand waiting means that something is wrong. */
const queueMaxDefault = 1_000;
const queryBytes = 512;

/** The file must exist, with this version's schema. @throws as openReadOnly */
export async function openReader(options: ReaderOptions): Promise<Reader> {
  const { file, kind, limits, ...thread } = options;
  const data: ReaderThreadData = {
    file,
    kind,
    rowsMax: limits?.rowsMax ?? readDefaults.rowsMax,
    queryMsMax: limits?.queryMsMax ?? readDefaults.queryMsMax,
  };
  const channel = await startThread(`${kind} reader`, data, {
    ...thread,
    limits: { ...limits, queueMax: limits?.queueMax ?? queueMaxDefault },
  });
  return {
    opened: channel.opened,
    query: <R>(statement: Statement<R>) => channel.call(statement, queryBytes) as Promise<Outcome<Page<R>>>,
    get queueDepth() {
      return channel.depth;
    },
    close: (deadline) => channel.close(deadline),
  };
}
