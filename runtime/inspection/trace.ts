import type { KernelEvent } from '../../actors/kernel/events.js';
import { describeError, describeReason } from '../../protocols/exit-reason.js';
import type { VerbArgs } from '../../protocols/repl.js';
import type { TraceEnd, TraceEvent } from '../../protocols/repl-answers.js';
import type { System } from '../system.js';
import { isWithin } from './fit.js';
import { typeLabel, withoutSecrets } from './preview.js';
import { refAt } from './places.js';
import type { Call, Surroundings } from './sources.js';

const detailCharsMax = 500;

/** Starts, deaths, crashes, restarts, dead letters and slow turns at or below a place, as they happen, up to a limit. */
export async function trace(
  system: System,
  { path, events, seconds }: VerbArgs<'trace'>,
  { wallMs, pause }: Surroundings,
  { signal, emit }: Pick<Call, 'signal' | 'emit'>,
): Promise<TraceEnd> {
  if (path !== undefined) refAt(system, path);
  const full = new AbortController();
  let sent = 0;
  let missed = 0;
  const stop = system.trace((event) => {
    if (sent + missed >= events) return;
    const place = placeOf(event);
    if (path !== undefined && (place === null || !isWithin(place, path))) return;
    const shown: TraceEvent = {
      wallMs: wallMs(),
      type: event.type,
      path: place,
      detail: withoutSecrets(detailOf(event).slice(0, detailCharsMax)),
    };
    if (emit(shown)) sent++;
    else missed++;
    if (sent + missed >= events) full.abort();
  });
  try {
    await pause(seconds * 1_000, AbortSignal.any([signal, full.signal]));
  } finally {
    stop();
  }
  const ended = full.signal.aborted ? 'events' : signal.aborted ? 'cancelled' : 'seconds';
  return { events: sent, missed, ended };
}

const placeOf = (event: KernelEvent): string | null =>
  event.type === 'dead_letter' ? event.letter.recipient : (event.path ?? null);

function detailOf(event: KernelEvent): string {
  switch (event.type) {
    case 'started':
      return `life ${event.handle.incarnation}`;
    case 'start_ignored':
      return `life ${event.incarnation}`;
    case 'exited':
    case 'start_failed':
      return `life ${event.incarnation}: ${describeReason(event.reason)}`;
    case 'crashed':
      return `in ${event.during} of ${event.messageType ?? 'nothing'}: ${describeError(event.error)}`;
    case 'restarting':
      return event.delayMs > 0 ? `in ${event.delayMs} ms` : 'at once';
    case 'restart_alert':
      return `${event.failures} failures in a row`;
    case 'gave_up':
      return `more than ${event.intensity} restarts in ${event.periodMs} ms, last ${event.child}`;
    case 'dead_letter':
      return `${event.letter.reason}: ${typeLabel(event.letter.message)} from ${event.letter.sender ?? 'outside'}`;
    case 'orphaned':
      return `life ${event.incarnation}: a handler outlived its shutdown time`;
    case 'backlog':
      return `${event.depth} of ${event.capacity} wait`;
    case 'slow_turn':
      return `${Math.round(event.ms)} ms with ${event.messageType ?? 'nothing'}`;
    case 'kernel_error':
      return describeError(event.error);
  }
}
