import { MultiBar, Presets } from 'cli-progress';
import type { SingleBar } from 'cli-progress';
import type { JobPhase, Progress } from '../runtime/pipeline/job-context.js';

const labels: Readonly<Record<JobPhase, string>> = {
  strategies: 'strategies',
  candles: 'candles',
  windows: 'windows',
  requests: 'requests',
  backtests: 'backtests',
  ranks: 'ranks',
  oos: 'out of sample',
  promotions: 'promotions',
  pairs: 'pairs',
  notifications: 'notifications',
};

const labelWidth = Math.max(...Object.values(labels).map((label) => label.length));

/** Bars where a person looks, quiet lines elsewhere, nothing when nothing is wanted. Always on stderr. */
export function progressFor(kind: 'bars' | 'lines' | 'none'): Progress & { readonly close: () => void } {
  switch (kind) {
    case 'bars':
      return bars();
    case 'lines':
      return lines(
        (line) => process.stderr.write(`${line}\n`),
        () => performance.now(),
      );
    case 'none':
      return { begin: nothing, advance: nothing, end: nothing, note: nothing, close: nothing };
  }
}

const nothing = (): void => undefined;

function bars(): Progress & { readonly close: () => void } {
  const all = new MultiBar(
    {
      format: '{label} {bar} {value}/{total} {percentage}% {duration_formatted} {note}',
      hideCursor: true,
      stopOnComplete: false,
      clearOnComplete: false,
      noTTYOutput: false,
      fps: 5,
    },
    Presets.shades_classic,
  );
  const shown = new Map<JobPhase, { readonly bar: SingleBar; readonly sinceMs: number }>();
  const close = (): void => {
    if (shown.size > 0) all.stop();
    shown.clear();
  };
  return {
    begin: (phase, total) => {
      const label = labels[phase].padEnd(labelWidth);
      shown.set(phase, { bar: all.create(total, 0, { label, note: '' }), sinceMs: performance.now() });
    },
    advance: (phase, done, failures = 0) => {
      const entry = shown.get(phase);
      if (entry === undefined) return;
      const rate = (1_000 * done) / Math.max(1, performance.now() - entry.sinceMs);
      const failed = failures === 0 ? '' : `, ${failures} failed`;
      entry.bar.update(done, { note: `${rate.toFixed(0)}/s${failed}` });
    },
    end: (phase) => shown.get(phase)?.bar.stop(),
    note: (line) => {
      if (shown.size > 0) all.log(`${line}\n`);
      else process.stderr.write(`${line}\n`);
    },
    close,
  };
}

/** At most one line in this time for each step, beside its beginning and its end. */
const quietMs = 5_000;

/** Each tenth, and not more often than a person reads. */
export function lines(
  write: (line: string) => void,
  nowMs: () => number,
): Progress & { readonly close: () => void } {
  const totals = new Map<
    JobPhase,
    { total: number; done: number; failures: number; saidMs: number; tenth: number }
  >();
  const said = (phase: JobPhase): string => {
    const { total, done, failures } = totals.get(phase) ?? { total: 0, done: 0, failures: 0 };
    return `${labels[phase]}: ${done} of ${total}${failures === 0 ? '' : `, ${failures} failed`}`;
  };
  return {
    begin: (phase, total) => {
      totals.set(phase, { total, done: 0, failures: 0, saidMs: nowMs(), tenth: 0 });
    },
    advance: (phase, done, failures = 0) => {
      const entry = totals.get(phase);
      if (entry === undefined) return;
      entry.done = done;
      entry.failures = failures;
      const tenth = Math.floor((10 * done) / Math.max(1, entry.total));
      if (tenth <= entry.tenth || tenth >= 10 || nowMs() - entry.saidMs < quietMs) return;
      entry.tenth = tenth;
      entry.saidMs = nowMs();
      write(said(phase));
    },
    end: (phase) => write(said(phase)),
    note: write,
    close: nothing,
  };
}
