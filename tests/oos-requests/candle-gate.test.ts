/** What the gate remembers, records and tells. */
import { describe, expect, test } from '@jest/globals';
import { coreVerb } from '../../actors/db-writes/core-verbs.js';
import { defaults, handle, init } from '../../actors/oos-requests/candle-gate.js';
import type { CandleChecks, CheckedCandles, FileStamp } from '../../actors/oos-requests/ports.js';
import type { OosCoreMsg } from '../../protocols/db-oos.js';
import { asked, replied, turnsOf } from '../../runtime/testing/index.js';
import { coreStore } from '../storage/core-store.js';

type Record = Extract<OosCoreMsg, { readonly type: 'record_gate_verdict' }>;

const core = 'db-writes/core';

const good = (fileId: string, changes: Partial<CheckedCandles> = {}): CheckedCandles => ({
  file: 'USDJPY_H1.csv',
  verdict: 'accepted',
  fileId,
  name: { symbol: 'USDJPY', minutes: 60, timeframeLabel: 'H1' },
  nameConfirmed: true,
  reason: null,
  message: null,
  row: null,
  rows: 10,
  first: 0,
  last: 32_400,
  stepSeconds: 3_600,
  warnings: [],
  ...changes,
});

const bad = (fileId: string | null): CheckedCandles =>
  good(fileId ?? '', {
    fileId,
    verdict: 'refused',
    reason: fileId === null ? 'file_missing' : 'low_above_close',
    message: 'row 3: low above close',
    row: 3,
  });

/** One file that lies still until the test changes it. */
class Disk implements CandleChecks {
  now: FileStamp | null = { bytes: 100, modifiedWallMs: 1, changedWallMs: 1 };
  content: CheckedCandles = good('v1');
  reads = 0;
  stamp = (): Promise<FileStamp | null> => Promise.resolve(this.now);
  check = () => {
    this.reads += 1;
    return Promise.resolve({ ok: true as const, check: this.content });
  };
  /** Another version. */
  write(content: CheckedCandles): void {
    this.content = content;
    // Size and modification time are kept: only the file's own record shows that it is another one.
    this.now = { bytes: 100, modifiedWallMs: 1, changedWallMs: (this.now?.changedWallMs ?? 0) + 1 };
  }
}

function begin() {
  const disk = new Disk();
  const gate = turnsOf({ init, handle }, { ...defaults, checks: disk });
  const store = coreStore();
  return {
    disk,
    store,
    gate,
    /** Looks at the file, with the store taking what the gate records. @returns what was recorded, and the answer */
    look: async (acceptOutliers = false) => {
      gate.tell({ type: 'check_file', path: 'data/USDJPY_H1.csv', acceptOutliers });
      let effects = gate.tell(await gate.recording.piped());
      const [record] = asked(effects, core) as (Omit<Record, never> | undefined)[];
      if (record !== undefined) {
        store.run(coreVerb(record));
        effects = gate.answer(core, { ok: true, value: null });
      }
      return { record, answer: replied(effects)[0] };
    },
    told: () => store.connection.prepare('SELECT title FROM outbox').pluck().all(),
    standing: () => replied(gate.tell({ type: 'gate_standing' }))[0],
  };
}

describe('a candle file', () => {
  test('is read once for each version, and its verdict is answered once it is stored', async () => {
    const { disk, look, standing } = begin();
    const first = await look();
    expect(first.answer).toMatchObject({
      ok: true,
      value: { verdict: 'accepted', symbol: 'USDJPY', minutes: 60 },
    });
    expect(first.record).toMatchObject({ verdict: { bytes: 100, fileId: 'v1' }, notification: null });
    const second = await look();
    expect(second).toEqual({ record: undefined, answer: first.answer });
    expect(disk.reads).toBe(1);
    disk.write(good('v2'));
    await look();
    expect(disk.reads).toBe(2);
    expect(standing()).toMatchObject({ known: 1, accepted: 1, checked: 2, unchanged: 1, turnedBad: 0 });
  });

  test('that turns bad is told at once, in the transaction that records it, and once for each version', async () => {
    const { disk, look, told, standing, store } = begin();
    await look();
    disk.write(bad('v2'));
    const turned = await look();
    expect(turned.answer).toMatchObject({ ok: true, value: { verdict: 'refused', symbol: null } });
    expect(turned.record?.notification).toMatchObject({ topic: 'data', severity: 'warn' });
    expect(turned.record?.notification?.body).toMatch(/^It was accepted before.*row 3/);
    expect(told()).toEqual(['Candles refused: USDJPY_H1.csv']);
    // The same bytes written again are the same version of the content, and no news.
    disk.write(bad('v2'));
    await look();
    expect(told()).toHaveLength(1);
    disk.write(bad('v3'));
    await look();
    expect(told()).toHaveLength(2);
    expect(standing()).toMatchObject({ refused: 1, turnedBad: 1 });
    expect(store.connection.prepare('SELECT verdict, file_id FROM candle_gate').all()).toEqual([
      { verdict: 'refused', file_id: 'v3' },
    ]);
  });

  test('whose record fails leaves neither verdict nor notice, and is looked at again', async () => {
    const { disk, gate, store, told } = begin();
    disk.write(bad('v1'));
    store.connection.exec(
      "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    gate.tell({ type: 'check_file', path: 'f', acceptOutliers: false });
    const [record] = asked(gate.tell(await gate.recording.piped()), core) as Record[];
    expect(() => {
      const outcome = record === undefined ? undefined : store.try(coreVerb(record));
      if (outcome?.ok === false) throw new Error(outcome.error.code);
    }).toThrow();
    expect([store.count('candle_gate'), store.count('candle_files'), told().length]).toEqual([0, 0, 0]);
    const refusal = { ok: false, code: 'disk_full', message: 'no room', retryable: true };
    expect(replied(gate.answer(core, refusal))).toEqual([refusal]);
    gate.tell({ type: 'check_file', path: 'f', acceptOutliers: false });
    gate.tell(await gate.recording.piped());
    expect(disk.reads).toBe(2);
  });

  test('that is not there is refused without a version of its content', async () => {
    const { disk, look, told } = begin();
    disk.now = null;
    disk.content = bad(null);
    expect((await look()).record).toMatchObject({ file: null, verdict: { fileId: null, bytes: null } });
    await look();
    expect(told()).toEqual(['Candles refused: USDJPY_H1.csv']);
  });

  test('that changes while it is read is read again the next time', async () => {
    const { disk, look } = begin();
    const { check } = disk;
    disk.check = () => {
      disk.now = { bytes: 200, modifiedWallMs: 9, changedWallMs: 9 };
      return check();
    };
    await look();
    disk.check = check;
    await look();
    expect(disk.reads).toBe(2);
  });

  test('whose name claims what its rows are not is refused', async () => {
    const { disk, look } = begin();
    disk.write(good('v1', { nameConfirmed: false, stepSeconds: 60 }));
    expect((await look()).answer).toMatchObject({
      value: {
        verdict: 'refused',
        reason: 'step_disagrees',
        message: expect.stringMatching(/step of 60 s/) as unknown,
      },
    });
    disk.write(good('v2', { name: null, nameConfirmed: false }));
    expect((await look()).answer).toMatchObject({ value: { reason: 'unknown_name' } });
  });

  test('is another one with another option', async () => {
    const { disk, look, store } = begin();
    await look(false);
    await look(true);
    expect(disk.reads).toBe(2);
    expect(store.count('candle_gate')).toBe(2);
  });
});
