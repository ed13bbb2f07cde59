/** The whole notifier on virtual time: channels, stores, actors and whole processes fail as a seed decides. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { WebhookPort } from '../../actors/notifier/ports.js';
import type { NewNotification, Topic } from '../../protocols/db-notifier.js';
import type { Carried } from '../../protocols/notifier.js';
import { coreVerb } from '../../actors/db-writes/core-verbs.js';
import { kill, startTree, type System } from '../../runtime/index.js';
import { seededRandom } from '../../runtime/testing/random.js';
import { SimulationHost } from '../../runtime/testing/simulation-host.js';
import { notifier } from '../../supervisors/notifier.js';
import { notice } from './notices.js';
import { PlayedStores } from './stores.js';

const lanes = ['one', 'two', 'three'] as const;
type Lane = (typeof lanes)[number];
const laneOf: Readonly<Record<Topic, Lane>> = {
  ranks: 'one',
  pairs: 'one',
  data: 'two',
  summary: 'two',
  alerts: 'three',
};
const topics = Object.keys(laneOf) as Topic[];

type Step =
  | { readonly type: 'create'; readonly topic: Topic; readonly key: boolean; readonly lifeMs: number }
  | { readonly type: 'kill'; readonly victim: number }
  | { readonly type: 'crash' }
  | { readonly type: 'pass'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('create' as const),
      topic: fc.constantFrom(...topics),
      key: fc.boolean(),
      lifeMs: fc.constantFrom(2_000, 600_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('kill' as const), victim: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.nat(3_000) }) },
);

interface Plan {
  readonly seed: number;
  readonly steps: readonly Step[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer(),
  steps: fc.array(step, { minLength: 5, maxLength: 50 }),
});

/** What a server may say; it takes the notification with the first three. */
const answers: readonly Carried[] = [
  { type: 'answered', status: 204, headers: {}, body: null },
  {
    type: 'answered',
    status: 200,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.7' },
    body: {},
  },
  // It took it, and its answer got lost.
  { type: 'unreached', code: 'network', message: 'cut' },
  { type: 'unreached', code: 'timeout', message: 'late' },
  { type: 'answered', status: 429, headers: { 'retry-after': '1' }, body: null },
  { type: 'answered', status: 429, headers: {}, body: { retry_after: 0.3, global: true } },
  { type: 'answered', status: 500, headers: {}, body: null },
  { type: 'answered', status: 400, headers: {}, body: null },
  { type: 'answered', status: 404, headers: {}, body: null },
];

class World {
  readonly stores = new PlayedStores();
  readonly taken: { readonly lane: Lane; readonly title: string }[] = [];
  readonly broken: string[] = [];
  readonly #random;
  healed = false;
  #host: SimulationHost;
  #system: System | undefined;
  #boots = 0;
  #ids = 0;

  constructor(readonly seed: number) {
    this.#random = seededRandom(seed ^ 0x5eed);
    this.#host = new SimulationHost({ seed, order: 'seeded' });
    this.stores.fault = () => {
      const draw = this.healed ? 1 : this.#random();
      return draw < 0.05 ? 'refuse' : draw < 0.08 ? 'lose_question' : draw < 0.11 ? 'lose_answer' : null;
    };
  }

  get wallMs(): number {
    return this.#host.clock.wallMs();
  }

  #webhook(lane: Lane, host: SimulationHost): WebhookPort {
    return {
      // Two lanes share a host, so that a global limit has somebody to meet.
      target: lane === 'three' ? 'https://b' : 'https://a',
      post: (json) =>
        new Promise((resolve) => {
          const { embeds } = JSON.parse(json) as { embeds: [{ title: string }] };
          const place = this.healed || this.#random() < 0.5 ? 0 : Math.floor(this.#random() * answers.length);
          const answer = answers[place];
          if (answer === undefined) throw new Error('no answer');
          if (place < 3) this.taken.push({ lane, title: embeds[0].title });
          const hangs = answer.type === 'unreached' && answer.code === 'timeout';
          host.alarm.set(hangs ? 10_000 : Math.ceil(this.#random() * 400), () => resolve(answer));
        }),
    };
  }

  async start(): Promise<void> {
    const host = this.#host;
    const tree = this.stores.tree(
      notifier({
        bootId: `boot-${++this.#boots}`,
        newId: () => `attempt-${++this.#ids}`,
        webhooks: Object.fromEntries(lanes.map((lane) => [lane, this.#webhook(lane, host)])),
        topics: laneOf,
        alternate: 'three',
        console: { write: () => undefined },
        settings: {
          blockedMs: 5_000,
          askMs: 1_000,
          attemptsMax: 3,
          alarmWindowMs: 60_000,
          lookMs: 2_000,
          figuresMs: 60_000,
        },
      }),
    );
    this.#system = await startTree(tree, { host, subscribers: [] });
    await host.settle();
  }

  /** The process is gone in the middle of whatever it did; the rows stay. */
  async crash(): Promise<void> {
    const { wallMs } = this;
    this.#host.halt();
    this.#host = new SimulationHost({ seed: this.seed + this.#boots, order: 'seeded', wallMs });
    await this.start();
  }

  advance(ms: number): Promise<void> {
    return this.#host.advance(ms);
  }

  /** Some actor of the notifier. */
  kill(victim: number): void {
    const paths = lanes.flatMap((lane) => [`lane-${lane}/lane`, `lane-${lane}/courier`]);
    const path = ['desk', ...paths][victim % (1 + paths.length)] ?? '';
    const ref = this.#system?.find(`root/notifier/${path}`);
    if (ref !== undefined) this.#system?.exit(ref, kill);
  }

  create(notification: NewNotification): void {
    this.stores.store.run(coreVerb({ type: 'create_notifications', notifications: [notification] }));
  }

  read(sql: string): readonly Record<string, unknown>[] {
    return this.stores.rows(sql);
  }

  judge(created: ReadonlyMap<string, Step & { type: 'create' }>): void {
    const { broken } = this;
    const states = this.stores.states();
    for (const [id, { topic, key, lifeMs }] of created) {
      const state = states[id];
      if (state === undefined || state === 'pending') broken.push(`${id} is ${state ?? 'gone'}`);
      if (state === 'collapsed' && !key) broken.push(`${id} is collapsed without a key`);
      if (state === 'expired' && lifeMs > 100_000) broken.push(`${id} has expired`);
      const at = this.taken.filter(({ title }) => title === `title of ${id}`);
      if (state === 'delivered' && at.length === 0) broken.push(`${id} was not delivered`);
      for (const { lane } of at) if (lane !== laneOf[topic]) broken.push(`${id} went to ${lane}`);
    }
    for (const lane of lanes) {
      const first = [...new Set(this.taken.flatMap((post) => (post.lane === lane ? [post.title] : [])))];
      const order = first.flatMap((title) =>
        this.read(`SELECT seq FROM outbox WHERE title = '${title}' AND title LIKE 'title of%'`),
      );
      const seqs = order.map(({ seq }) => seq as number);
      if (seqs.some((seq, index) => index > 0 && seq <= (seqs[index - 1] ?? 0)))
        broken.push(`${lane}: ${seqs.join(', ')}`);
    }
    const twice = this.read(
      `SELECT seq FROM notification_attempts WHERE outcome = 'delivered' GROUP BY seq HAVING count(*) > 1`,
    );
    const open = this.read('SELECT 1 FROM outbox WHERE open_attempt IS NOT NULL');
    const unproved = this.read(
      `SELECT seq FROM outbox WHERE (state = 'delivered') <> EXISTS (
        SELECT 1 FROM notification_attempts AS a WHERE a.seq = outbox.seq AND a.outcome = 'delivered')`,
    );
    const many = this.read('SELECT seq FROM outbox WHERE attempts_used > 3');
    const faults = { twice, open, unproved, many };
    for (const [what, rows] of Object.entries(faults))
      if (rows.length > 0) broken.push(`${what}: ${JSON.stringify(rows)}`);
  }
}

async function play({ seed, steps }: Plan): Promise<readonly string[]> {
  const world = new World(seed);
  await world.start();
  const created = new Map<string, Step & { type: 'create' }>();
  for (const [index, each] of steps.entries())
    switch (each.type) {
      case 'create': {
        const { wallMs } = world;
        const { topic, key, lifeMs } = each;
        created.set(`n${index}`, each);
        const times = { sourceWallMs: wallMs, createdWallMs: wallMs, expiresWallMs: wallMs + lifeMs };
        world.create(notice(`n${index}`, { topic, ...times, collapseKey: key ? `key ${topic}` : null }));
        break;
      }
      case 'kill':
        world.kill(each.victim);
        await world.advance(1);
        break;
      case 'crash':
        await world.crash();
        break;
      case 'pass':
        await world.advance(each.ms);
        break;
    }
  world.healed = true;
  await world.advance(150_000);
  world.judge(created);
  return world.broken;
}

test('whatever channels, stores and processes do, nothing is lost, nothing goes astray, and each has its effect once', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      expect(await play(drawn)).toEqual([]);
    }),
    { numRuns: 100 },
  );
}, 120_000);
