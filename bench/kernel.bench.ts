import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rows } from './kernel/contender.js';
import type { RowName } from './kernel/contender.js';
import { erlangPeer } from './kernel/erlang.js';
import type { ErlangPeer } from './kernel/erlang.js';
import { ownFigures } from './kernel/own-figures.js';
import { installPeers } from './kernel/peers.js';
import { Player } from './kernel/player.js';
import { median, spread } from './statistics.js';
import { table } from './table.js';

/** What every row must reach at least against nact, with everything switched on. */
const floors: Readonly<Record<RowName, number>> = {
  flood: 8,
  bursts: 12,
  pingPong: 12,
  ring: 8,
  askOne: 3,
  askMany: 5,
  spawn: 0.7,
};

const here = path.dirname(fileURLToPath(import.meta.url));
const peersFolder = path.resolve(here, '../../bench/peers');

/** Module and export of each contender. */
const contenders: readonly (readonly [string, string])[] = [
  [path.join(here, 'kernel/holdfast.js'), 'holdfast'],
  [path.join(here, 'kernel/nact.js'), 'nact'],
  [path.join(here, 'kernel/raw-loop.js'), 'rawLoop'],
  [path.join(peersFolder, 'xstate.mjs'), 'default'],
  [path.join(peersFolder, 'effect.mjs'), 'default'],
  [path.join(peersFolder, 'comedy.mjs'), 'default'],
];

interface Options {
  readonly rounds: number;
  readonly only: string | undefined;
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/**
 * Races the kernel against its peers, each in a process of its own, with interleaved rounds, so that a machine that
 * slows down slows all of them. The figure is the median of the ratios to nact of the same turn; the spread is shown.
 */
export async function kernelBench({ rounds, only, say, print }: Options): Promise<void> {
  await installPeers(peersFolder, say);
  const erlang = await erlangPeer(peersFolder);
  if (erlang === undefined) say('erlc is not on the path: Erlang is left out');
  const wanted = (Object.keys(rows) as RowName[]).filter(
    (row) => only === undefined || row.toLowerCase().includes(only.toLowerCase()),
  );
  const body: string[][] = [];
  let names: readonly string[] = [];
  for (const row of wanted) {
    say(`${rows[row].title} ...`);
    const rates = await playRow(row, rounds, erlang);
    names = [...rates.keys()];
    body.push(describeRow(row, rates));
  }
  await erlang?.close();
  print(
    'Rates as multiples of nact 7.6.2: median (min-max) of interleaved rounds; nact itself in messages per ms.\n',
  );
  print(table(['row', 'nact /ms', ...names, 'wanted of holdfast'], body));
  if (only === undefined) print(`\n${await ownFigures()}`);
}

/** Messages per ms of every round that counts, by contender. */
async function playRow(
  row: RowName,
  rounds: number,
  erlang: ErlangPeer | undefined,
): Promise<Map<string, number[]>> {
  const players: Player[] = [];
  try {
    for (const [modulePath, exportName] of contenders)
      players.push(await Player.enter(modulePath, exportName));
    const rates = new Map<string, number[]>(players.map(({ name }) => [name, []]));
    if (erlang !== undefined) rates.set('erlang', []);
    for (let round = -2; round < rounds; round++) {
      for (const player of players) {
        if (!player.rows.includes(row)) continue;
        const messages = Math.max(1_000, Math.round(rows[row].messages * player.share));
        const ms = await player.round(row, messages);
        // The first rounds warm up and do not count.
        if (round >= 0) rates.get(player.name)?.push(messages / ms);
      }
      if (erlang !== undefined && round >= 0)
        rates.get('erlang')?.push(rows[row].messages / (await erlang.round(row, rows[row].messages)));
    }
    return rates;
  } finally {
    for (const player of players) player.leave();
  }
}

function describeRow(row: RowName, rates: ReadonlyMap<string, readonly number[]>): string[] {
  const base = rates.get('nact') ?? [];
  const ratiosOf = (name: string): number[] =>
    (rates.get(name) ?? []).map((rate, index) => rate / (base[index] ?? NaN));
  const cells = [...rates.keys()].map((name) => {
    const ratios = ratiosOf(name);
    if (ratios.length === 0) return '-';
    const { min, max } = spread(ratios);
    return `${median(ratios).toFixed(2)} (${min.toFixed(1)}-${max.toFixed(1)})`;
  });
  const verdict = median(ratiosOf('holdfast')) >= floors[row] ? 'met' : 'MISSED';
  return [rows[row].title, `${Math.round(median(base))}`, ...cells, `>= ${floors[row]} ${verdict}`];
}
