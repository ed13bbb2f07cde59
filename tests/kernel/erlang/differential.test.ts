/** The same scenarios here and on real Erlang/OTP; what happens must be the same, line for line. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { comparable } from './departures.js';
import { normalise } from './normalise.js';
import { playOurs } from './ours.js';
import { erlangRelease, playOnErlang } from './peer.js';
import type { Scenario } from './scenario.js';
import { written } from './written/index.js';

const release = erlangRelease();
const withErlang = release === undefined ? describe.skip : describe;

const told = (scenario: Scenario, lines: readonly string[]): readonly string[] =>
  comparable(scenario, normalise(scenario, lines));

withErlang(`as OTP does (release ${release ?? 'missing: no erl on the path'})`, () => {
  let theirs: readonly (readonly string[])[] = [];
  beforeAll(async () => {
    theirs = await playOnErlang(written);
  }, 240_000);

  test('every scenario was played to its end on both sides', () => {
    expect(theirs).toHaveLength(written.length);
    expect(theirs.every((lines) => lines.length > 0)).toBe(true);
    expect(new Set(written.map(({ title }) => title)).size).toBeGreaterThan(200);
  });

  test.each(written.map((scenario, at) => [scenario.title, scenario, at] as const))(
    '%s',
    async (_title, scenario, at) => {
      expect(told(scenario, await playOurs(scenario))).toEqual(told(scenario, theirs[at] ?? []));
    },
  );
});
