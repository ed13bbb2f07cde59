import { BURST, expectCount, IN_FLIGHT, RING } from './contender.js';
import type { Contender, Stopwatch } from './contender.js';

/**
 * The floor: functions behind rings of messages, drained by one loop. No bounds, no supervision, no atomic turns, no
 * names; what is left is what any actor library must at least do.
 */
class RawActor<Msg> {
  readonly #queue: Msg[] = [];
  #head = 0;
  #scheduled = false;

  constructor(readonly handle: (message: Msg) => void) {}

  tell(message: Msg): void {
    this.#queue.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    ready.push(this);
    wake();
  }

  drain(): void {
    while (this.#head < this.#queue.length) {
      const message = this.#queue[this.#head++];
      if (message !== undefined) this.handle(message);
    }
    this.#queue.length = 0;
    this.#head = 0;
    this.#scheduled = false;
  }
}

let ready: { drain(): void }[] = [];
let awake = false;
const settled = Promise.resolve();

function wake(): void {
  if (awake) return;
  awake = true;
  void settled.then(() => {
    let turns = 0;
    while (ready.length > 0 && turns < 1_024) {
      const batch = ready;
      ready = [];
      for (const one of batch) {
        one.drain();
        turns++;
      }
    }
    awake = false;
    if (ready.length > 0) setImmediate(wake);
  });
}

function meter(target: number): { readonly hit: () => number; readonly done: Promise<void> } {
  let total = 0;
  let resolve: () => void = () => undefined;
  const done = new Promise<void>((reached) => {
    resolve = reached;
  });
  return {
    hit: () => {
      if (++total === target) resolve();
      return total;
    },
    done,
  };
}

async function flood(messages: number, watch: Stopwatch): Promise<void> {
  const seen = meter(messages);
  const sink = new RawActor<number>(() => void seen.hit());
  watch.start();
  for (let index = 1; index <= messages; index++) sink.tell(index);
  await seen.done;
  watch.stop();
}

async function bursts(messages: number, watch: Stopwatch): Promise<void> {
  let total = 0;
  let burst = meter(BURST);
  const sink = new RawActor<number>(() => {
    total++;
    burst.hit();
  });
  watch.start();
  for (let sent = 0; sent < messages; sent += BURST) {
    burst = meter(BURST);
    for (let index = 1; index <= BURST; index++) sink.tell(index);
    await burst.done;
  }
  watch.stop();
  expectCount('raw loop', messages, total);
}

async function pingPong(messages: number, watch: Stopwatch): Promise<void> {
  const seen = meter(messages);
  interface Ball {
    readonly from: RawActor<Ball>;
  }
  const player = (): RawActor<Ball> => {
    const self: RawActor<Ball> = new RawActor<Ball>((ball) => {
      if (seen.hit() < messages) ball.from.tell({ from: self });
    });
    return self;
  };
  const [a, b] = [player(), player()];
  watch.start();
  a.tell({ from: b });
  await seen.done;
  watch.stop();
}

async function ring(messages: number, watch: Stopwatch): Promise<void> {
  const seen = meter(messages);
  const nodes: RawActor<number>[] = [];
  for (let index = 0; index < RING; index++)
    nodes.push(
      new RawActor<number>((hops) => {
        seen.hit();
        if (hops > 1) nodes[(index + 1) % RING]?.tell(hops - 1);
      }),
    );
  watch.start();
  nodes[0]?.tell(messages);
  await seen.done;
  watch.stop();
}

async function asks(messages: number, inFlight: number, watch: Stopwatch): Promise<void> {
  let served = 0;
  const server = new RawActor<(value: number) => void>((reply) => {
    reply(++served);
  });
  let left = messages;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<number>((resolve) => {
        server.tell(resolve);
      });
      answered++;
    }
  };
  watch.start();
  await Promise.all(Array.from({ length: inFlight }, ask));
  watch.stop();
  expectCount('raw loop', messages, answered);
}

export const rawLoop: Contender = {
  name: 'raw loop',
  share: 1,
  rounds: {
    flood,
    bursts,
    pingPong,
    ring,
    askOne: (messages, watch) => asks(messages, 1, watch),
    askMany: (messages, watch) => asks(messages, IN_FLIGHT, watch),
  },
};
