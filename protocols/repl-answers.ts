/** What the verbs of the REPL answer. Times are ms; unknown is null. */

/** Rows that did not fit into the limit of the answer are counted. */
export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly leftOut: number;
}

export interface PlaceRow {
  readonly path: string;
  readonly type: 'worker' | 'supervisor';
  readonly status: string;
  readonly life: number;
  readonly restarts: number;
  /** Messages waiting; null for a supervisor. */
  readonly depth: number | null;
  readonly handled: number | null;
  readonly turnsMs: number | null;
  readonly lastError: string | null;
}

export interface TopRow {
  readonly path: string;
  readonly status: string;
  readonly depth: number;
  readonly highWater: number;
  readonly headAgeMs: number | null;
  readonly handled: number;
  /** Since this session's last `top`; null at the first. */
  readonly handledPerSecond: number | null;
  /** Time in turns, by samples; null where turns are not watched or were too short to be met. */
  readonly turnsMs: number | null;
  /** Share of the time since this session's last `top` in which its turns held the loop, 0 to 1. */
  readonly loopShare: number | null;
  readonly longestMs: number | null;
  readonly longestType: string | null;
  readonly longestWallMs: number | null;
  readonly slow: number;
}

export interface TopAnswer extends Listed<TopRow> {
  readonly by: string;
  readonly places: number;
  /** Since this session's last `top`. */
  readonly sinceMs: number | null;
  readonly slowTurnMs: number;
}

export interface MailboxAnswer extends Listed<{
  readonly type: string;
  readonly ageMs: number;
  /** Timers, outcomes of asks, signals: outside the bound. */
  readonly control: boolean;
  /** Shortened, with secrets masked. */
  readonly preview: string;
}> {
  readonly path: string;
  readonly depth: number;
  readonly highWater: number;
}

export interface TraceEvent {
  readonly wallMs: number;
  readonly type: string;
  readonly path: string | null;
  readonly detail: string;
}

export interface TraceEnd {
  readonly events: number;
  /** Events that this client was too slow for. */
  readonly missed: number;
  readonly ended: 'events' | 'seconds' | 'cancelled';
}

export interface LetterView {
  readonly id: string;
  readonly reason: string;
  readonly recipient: string;
  readonly sender: string | null;
  readonly type: string;
  readonly attempts: number;
  readonly wallMs: number;
  readonly lastError: string | null;
  readonly preview: string | null;
}

export interface LettersAnswer extends Listed<LetterView> {
  /** More may match beyond those that were looked at. */
  readonly more: boolean;
}

export interface RedriveAnswer {
  readonly dryRun: boolean;
  readonly matched: number;
  readonly accepted: number;
  /** By what came of them instead, such as `full`, `stopped`, `not_found`, `no_payload`. */
  readonly refused: Readonly<Record<string, number>>;
  /** Not tried: a mailbox was full, or the session ended. */
  readonly left: number;
  readonly rows: readonly { readonly id: string; readonly recipient: string; readonly outcome: string }[];
}

export interface WhyAlive {
  /** Null while nobody has asked it to stop. */
  readonly stopping: {
    readonly forMs: number | null;
    readonly left: readonly {
      readonly path: string;
      readonly status: string;
      readonly askedForMs: number | null;
      readonly shutdown: number | string;
    }[];
    readonly leftOut: number;
  } | null;
  readonly census: Readonly<Record<string, number>>;
  /** What keeps the event loop open, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

export interface SettingRow {
  readonly key: string;
  readonly value: unknown;
  readonly adjustable: boolean;
  readonly about: string;
}

export interface InterventionRow {
  readonly wallMs: number;
  readonly user: string;
  readonly verb: string;
  readonly args: string;
  readonly outcome: string;
}

export interface ChangeAnswer {
  readonly done: string;
}
