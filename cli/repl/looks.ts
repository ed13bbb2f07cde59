/** How the answers look to a person. */
import type {
  ChangeAnswer,
  InterventionRow,
  LettersAnswer,
  Listed,
  MailboxAnswer,
  PlaceRow,
  RedriveAnswer,
  SettingRow,
  TopAnswer,
  TraceEnd,
  TraceEvent,
  WhyAlive,
} from '../../protocols/repl-answers.js';
import { spokenMs, table } from '../output.js';
import type { Paint } from './shown.js';

const clock = (wallMs: number): string => new Date(wallMs).toISOString().slice(11, 23);
const moment = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');
const count = (value: number | null): string => (value === null ? '-' : value.toLocaleString('en'));
const ms = (value: number | null): string => (value === null ? '-' : spokenMs(value));
const share = (value: number | null): string => (value === null ? '-' : `${(100 * value).toFixed(1)} %`);
const oneLine = (text: string, charsMax: number): string => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > charsMax ? `${line.slice(0, charsMax - 3)}...` : line;
};

/** A first row of names, and what was left out at the end: a part must not pass for the whole. */
function list(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  { none, leftOut = 0 }: { readonly none: string; readonly leftOut?: number },
): string {
  const [head, ...lines] = table([names, ...rows]).split('\n');
  const body =
    rows.length === 0 ? [none] : [paint('bold', head ?? ''), ...lines.map((line) => status(line, paint))];
  if (leftOut > 0) body.push(paint('yellow', `... and ${count(leftOut)} more, left out`));
  return body.join('\n');
}

/** A place that does not run stands out. */
const status = (line: string, paint: Paint): string =>
  /\b(down|exited|terminating|starting|suspended|unsettled)\b/.test(line) ? paint('yellow', line) : line;

export function treeLook({ rows, leftOut }: Listed<PlaceRow>, paint: Paint): string {
  const top = (rows[0]?.path ?? '').split('/').length;
  const lines = rows.map((row) => {
    const parts = row.path.split('/');
    const indent = '  '.repeat(Math.max(0, parts.length - top));
    return [
      `${indent}${parts.length === top ? row.path : (parts.at(-1) ?? '')}`,
      row.status,
      String(row.life),
      String(row.restarts),
      count(row.depth),
      count(row.handled),
      ms(row.turnsMs),
      row.lastError === null ? '' : oneLine(row.lastError, 60),
    ];
  });
  return list(
    ['place', 'status', 'life', 'restarts', 'waiting', 'handled', 'in turns', 'last error'],
    lines,
    paint,
    { none: 'nothing there', leftOut },
  );
}

export function topLook(answer: TopAnswer, paint: Paint): string {
  const rated = answer.sinceMs !== null;
  const rows = answer.rows.map((row) => [
    row.path,
    row.status,
    count(row.depth),
    count(row.highWater),
    ms(row.headAgeMs),
    count(row.handled),
    row.handledPerSecond === null ? '-' : row.handledPerSecond.toFixed(row.handledPerSecond < 10 ? 1 : 0),
    ms(row.turnsMs),
    share(row.loopShare),
    row.longestMs === null ? '-' : `${ms(row.longestMs)} ${row.longestType ?? ''}`.trim(),
    String(row.slow),
  ]);
  const since = rated ? `rates over the last ${ms(answer.sinceMs)}` : 'rates come with the next top()';
  const head = `${count(answer.places)} places by ${answer.by}; ${since}; slow is ${answer.slowTurnMs} ms or more`;
  const names = [
    'place',
    'status',
    'waiting',
    'most',
    'oldest',
    'handled',
    'per s',
    'in turns',
    'of loop',
    'longest turn',
    'slow',
  ];
  return `${paint('dim', head)}\n${list(names, rows, paint, { none: 'nothing there' })}`;
}

export function mailboxLook(answer: MailboxAnswer, paint: Paint): string {
  const rows = answer.rows.map((row, index) => [
    String(index + 1),
    `${row.type}${row.control ? ' (control)' : ''}`,
    ms(row.ageMs),
    oneLine(row.preview, 100),
  ]);
  const head = `${answer.path}: ${count(answer.depth)} waiting, ${count(answer.highWater)} at most so far`;
  return `${paint('dim', head)}\n${list(['', 'type', 'waited', 'content'], rows, paint, {
    none: 'nothing waits',
    leftOut: answer.leftOut,
  })}`;
}

export function eventLook({ wallMs, type, path, detail }: TraceEvent, paint: Paint): string {
  const bad = ['crashed', 'gave_up', 'kernel_error', 'orphaned'].includes(type);
  const poor = [
    'dead_letter',
    'slow_turn',
    'restarting',
    'backlog',
    'restart_alert',
    'start_failed',
  ].includes(type);
  const kind = type.padEnd(12);
  return `${paint('dim', clock(wallMs))} ${bad ? paint('red', kind) : poor ? paint('yellow', kind) : kind} ${path ?? '-'}  ${oneLine(detail, 140)}`;
}

const endings: Readonly<Record<TraceEnd['ended'], string>> = {
  events: 'as many as were asked for',
  seconds: 'the time was over',
  cancelled: 'cancelled',
};

export const traceEndLook = ({ events, missed, ended }: TraceEnd, paint: Paint): string =>
  paint(
    'dim',
    `${count(events)} events; ${endings[ended]}${missed === 0 ? '' : `; ${count(missed)} left out, this session was too slow for them`}`,
  );

export function lettersLook({ rows, leftOut, more }: LettersAnswer, paint: Paint): string {
  const lines = rows.map((row) => [
    row.id,
    moment(row.wallMs),
    row.reason,
    row.recipient,
    row.type,
    String(row.attempts),
    oneLine(row.lastError ?? row.preview ?? '', 80),
  ]);
  const text = list(
    ['id', 'when (UTC)', 'reason', 'recipient', 'type', 'attempts', 'last error, or content'],
    lines,
    paint,
    { none: 'no dead letters, or none that match what was asked for', leftOut },
  );
  return more ? `${text}\n${paint('yellow', 'there are more: raise limit, or narrow the filter')}` : text;
}

export function redriveLook(answer: RedriveAnswer, paint: Paint): string {
  const { dryRun, matched, accepted, left } = answer;
  const rows = answer.rows.map(({ id, recipient, outcome }) => [id, recipient, outcome]);
  const refused = Object.entries(answer.refused).map(([reason, times]) => `, ${times} ${reason}`);
  const head = dryRun
    ? `${count(matched)} would be sent; leave dryRun out to do it`
    : `${count(accepted)} of ${count(matched)} accepted${refused.join('')}${left === 0 ? '' : `, ${count(left)} not tried`}`;
  return `${list(['id', 'recipient', 'outcome'], rows, paint, { none: 'no dead letter matches' })}\n${paint(accepted === matched || dryRun ? 'green' : 'yellow', head)}`;
}

export function whyLook({ stopping, census, resources }: WhyAlive, paint: Paint): string {
  const parts: string[] = [];
  if (stopping === null)
    parts.push(paint('green', 'nobody has asked it to stop; this is what there would be to stop:'));
  else {
    parts.push(
      paint('yellow', `stopping${stopping.forMs === null ? '' : ` for ${ms(stopping.forMs)}`}; still there:`),
    );
    const rows = stopping.left.map((row) => [
      row.path,
      row.status,
      row.askedForMs === null ? 'not yet' : `for ${ms(row.askedForMs)}`,
      typeof row.shutdown === 'number' ? ms(row.shutdown) : row.shutdown,
    ]);
    parts.push(
      list(['place', 'status', 'asked to stop', 'has'], rows, paint, {
        none: 'nobody: what is left is outside the tree',
        leftOut: stopping.leftOut,
      }),
    );
  }
  parts.push(`counts     ${facts(census)}`, `resources  ${facts(resources)}`);
  return parts.join('\n');
}

const facts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

export function settingsLook(rows: readonly SettingRow[], paint: Paint): string {
  const lines = rows.map(({ key, value, adjustable, about }) => [
    key,
    value === null ? '?' : JSON.stringify(value),
    adjustable ? 'yes' : 'no',
    about,
  ]);
  return list(['key', 'value', 'set()', 'what it is'], lines, paint, { none: 'no settings' });
}

export function interventionsLook(rows: readonly InterventionRow[], paint: Paint): string {
  const lines = rows.map((row) => [
    moment(row.wallMs),
    row.user,
    row.verb,
    oneLine(row.args, 60),
    oneLine(row.outcome, 80),
  ]);
  return list(['when (UTC)', 'who', 'verb', 'arguments', 'outcome'], lines, paint, {
    none: 'nothing was changed by hand since the start',
  });
}

export const changeLook = ({ done }: ChangeAnswer, paint: Paint): string => paint('green', done);
