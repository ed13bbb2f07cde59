/**
 * A mailbox against plain lists: every policy, with suspensions, crashes, kills, stuck handlers, expiry, producers that
 * wait and control entries; after every step the counts balance.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kill } from '../../runtime/index.js';
import { gate, scripted, step, world } from './hazards/scripted.js';
import type { World } from './hazards/scripted.js';
import { MailboxModel, shutdownMs } from './mailbox-model.js';
import type { Kind, Mail, Policy, Terms } from './mailbox-model.js';

type Op =
  | { op: 'tell' | 'send'; key: string; kind: Kind; expiresInMs: number | undefined }
  | { op: 'offer'; key: string; kind: Kind }
  | { op: 'exit' | 'suspend' | 'resume' | 'release' | 'fail' | 'kill' }
  | { op: 'advance'; ms: number };

const key = fc.constantFrom('x', 'y', 'z');
const kind = fc.constantFrom<Kind>('ok', 'ok', 'boom', 'slow');
const mail = (op: 'tell' | 'send') =>
  fc.record({
    op: fc.constant(op),
    key,
    kind,
    expiresInMs: fc.option(fc.constant(5), { nil: undefined, freq: 4 }),
  });
const operation: fc.Arbitrary<Op> = fc.oneof(
  { arbitrary: mail('tell'), weight: 6 },
  { arbitrary: mail('send'), weight: 3 },
  { arbitrary: fc.record({ op: fc.constant('offer' as const), key, kind }), weight: 3 },
  {
    arbitrary: fc.record({
      op: fc.constantFrom(
        'exit' as const,
        'suspend' as const,
        'resume' as const,
        'release' as const,
        'fail' as const,
        'kill' as const,
      ),
    }),
    weight: 8,
  },
  {
    arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 15 }) }),
    weight: 3,
  },
);

const terms = (policy: Policy): fc.Arbitrary<Terms> =>
  fc.record({
    policy: fc.constant(policy),
    capacity: fc.integer({ min: 1, max: 4 }),
    attempts: fc.integer({ min: 1, max: 3 }),
    expiryMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  });

/** The real mailbox and its model, moved together. */
class Pair {
  readonly model: MailboxModel;
  readonly #world: World;
  readonly #log: string[];
  readonly #gates: ReturnType<typeof gate>[] = [];
  #signals = 0;
  #next = 1;
  #offered = 0;
  #admitted = 0;

  private constructor(given: Terms, log: string[], made: World) {
    this.model = new MailboxModel(given);
    this.#log = log;
    this.#world = made;
  }

  static async of(given: Terms): Promise<Pair> {
    const log: string[] = [];
    const { policy, capacity, attempts, expiryMs } = given;
    const made: { pair?: Pair } = {};
    const subject = scripted(
      'a',
      {
        log,
        init: (ctx) => ctx.trapExits(true),
        signal: () => {
          if (made.pair !== undefined) made.pair.#signals++;
        },
      },
      {
        attempts,
        shutdownMs,
        mailbox: {
          capacity,
          overflow: policy,
          ...(policy === 'conflate' ? { key: ({ type }) => type.charAt(0) } : {}),
          ...(expiryMs === undefined ? {} : { expiryMs }),
        },
      },
    );
    const supervision = { intensity: 100_000 };
    made.pair = new Pair(given, log, await world([subject, scripted('b')], { supervision }));
    return made.pair;
  }

  async apply(op: Op): Promise<void> {
    const { host, system, ref } = this.#world;
    const a = ref('a');
    switch (op.op) {
      case 'tell':
        this.#offered++;
        a.tell(this.#message(op), op.expiresInMs === undefined ? {} : { expiresInMs: op.expiresInMs });
        break;
      case 'send': {
        this.#offered++;
        const message = this.#message(op);
        const options = op.expiresInMs === undefined ? undefined : { expiresInMs: op.expiresInMs };
        ref('b').tell(step('send', (ctx) => ctx.tell(a, message, options)));
        break;
      }
      case 'offer':
        void a.offer(this.#message(op)).then((outcome) => {
          if (outcome === 'accepted') this.#admitted++;
        });
        break;
      case 'exit':
        system.exit(a, { kind: 'error', error: 'a signal' });
        break;
      case 'suspend':
      case 'resume':
        system[op.op](a);
        break;
      case 'release':
      case 'fail': {
        const last = this.#gates.pop();
        // Of handlers that nobody waits for any more nothing is expected.
        if (this.model.busy === undefined && this.model.restartAtMs === undefined) break;
        if (op.op === 'release') last?.open();
        else last?.break(new Error('late'));
        break;
      }
      case 'kill':
        system.exit(a, kill);
        break;
      case 'advance':
        await host.advance(op.ms);
    }
    await host.settle();
    this.#follow(op);
    this.#compare();
  }

  #message(op: { key: string; kind: Kind }) {
    return step(`${op.key}${this.#next}`, () => {
      if (op.kind === 'boom') throw new Error('boom');
      if (op.kind === 'ok') return undefined;
      const waiting = gate();
      this.#gates.push(waiting);
      return waiting.promise;
    });
  }

  #follow(op: Op): void {
    const { model } = this;
    const made = (told: { key: string; kind: Kind; expiresInMs?: number | undefined }): Mail => ({
      id: `${told.key}${this.#next++}`,
      key: told.key,
      kind: told.kind,
      expiresAtMs: model.nowMs + (told.expiresInMs ?? Infinity),
    });
    if (op.op === 'tell' || op.op === 'send') model.tell(made(op), op.op === 'send');
    else if (op.op === 'offer') model.offer(made(op));
    else if (op.op === 'exit') model.control();
    else if (op.op === 'suspend' || op.op === 'resume') model.suspend(op.op === 'suspend');
    else if (op.op === 'kill') model.kill();
    else if (op.op === 'advance') model.advance(op.ms);
    else model.settle(op.op === 'fail');
  }

  #compare(): void {
    const { model } = this;
    const shown = this.#world.system.inspect(this.#world.ref('a'));
    const { depth, accepted, refused, lost, highWater, headAgeMs } = model;
    expect({
      life: shown?.incarnation,
      ran: this.#log,
      letters: this.#letters(),
      signals: this.#signals,
      counts: [shown?.accepted, shown?.handled, shown?.refused, shown?.lost],
      mailbox: shown?.mailbox,
      admitted: this.#admitted,
    }).toMatchObject({
      life: model.life,
      ran: model.ran,
      letters: model.letters,
      signals: model.signals,
      counts: [accepted, model.handled, refused, lost],
      mailbox: { depth, highWater, headAgeMs },
      admitted: model.admitted,
    });
    const inFlight = model.busy === undefined ? 0 : 1;
    expect(shown?.accepted).toBe(
      (shown?.handled ?? 0) + (shown?.lost ?? 0) + (shown?.mailbox?.depth ?? 0) + inFlight,
    );
    expect(this.#offered + this.#admitted).toBe((shown?.accepted ?? 0) + (shown?.refused ?? 0));
    // One that was tried and waits to be tried again is the only one beyond the bound.
    expect(depth).toBeLessThanOrEqual(model.terms.capacity + 1);
  }

  #letters(): readonly string[] {
    return this.#world.system
      .deadLetters()
      .map(({ reason, message }) => `${reason} ${(message as { type: string }).type}`);
  }
}

test.each<Policy>(['reject', 'drop_oldest', 'drop_newest', 'conflate'])(
  'hazards 35, 37, 38, 40, 44, 50, 58, 88: a mailbox with %s does what its model says, and every message is accounted for',
  async (policy) => {
    await fc.assert(
      fc.asyncProperty(terms(policy), fc.array(operation, { maxLength: 40 }), async (given, operations) => {
        const pair = await Pair.of(given);
        for (const op of operations) await pair.apply(op);
      }),
      { numRuns: 300 },
    );
  },
);
