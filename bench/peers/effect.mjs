import { Deferred, Effect, Fiber, Queue } from 'effect';

/** Effect 4: an actor is a fiber that takes from an unbounded queue; an ask carries a Deferred. */
const actor = (handle) =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded();
    const fiber = yield* Effect.forkDetach(
      Effect.forever(Effect.flatMap(Queue.take(queue), (message) => handle(message, queue))),
    );
    return { queue, fiber };
  });

const run = (program) => Effect.runPromise(program);

/** Plays until `hit` was called `messages` times. */
const counted = (messages, watch, play) =>
  run(
    Effect.gen(function* () {
      const done = yield* Deferred.make();
      let seen = 0;
      const hit = Effect.suspend(() => (++seen === messages ? Deferred.succeed(done, seen) : Effect.void));
      const actors = yield* play(hit, () => seen);
      yield* Deferred.await(done);
      watch.stop();
      for (const one of actors) yield* Fiber.interrupt(one.fiber);
      if (seen !== messages)
        throw new Error(`effect: expected ${messages} messages handled, counted ${seen}`);
    }),
  );

const flood = (messages, watch) =>
  counted(messages, watch, (hit) =>
    Effect.gen(function* () {
      const sink = yield* actor(() => hit);
      watch.start();
      for (let index = 0; index < messages; index++) Queue.offerUnsafe(sink.queue, index);
      return [sink];
    }),
  );

const bursts = (messages, watch) =>
  counted(messages, watch, (hit) =>
    Effect.gen(function* () {
      const sink = yield* actor((message) => (message === 'end' ? Effect.void : hit));
      watch.start();
      for (let sent = 0; sent < messages; sent += 100) {
        for (let index = 0; index < 100; index++) Queue.offerUnsafe(sink.queue, index);
        while (Queue.sizeUnsafe(sink.queue) > 0) yield* Effect.yieldNow;
      }
      return [sink];
    }),
  );

const pingPong = (messages, watch) =>
  counted(messages, watch, (hit, seen) =>
    Effect.gen(function* () {
      const players = [];
      const player = (other) =>
        actor(() =>
          Effect.flatMap(hit, () =>
            seen() < messages ? Queue.offer(players[other].queue, 'ball') : Effect.void,
          ),
        );
      players.push(yield* player(1), yield* player(0));
      watch.start();
      Queue.offerUnsafe(players[0].queue, 'ball');
      return players;
    }),
  );

const ring = (messages, watch) =>
  counted(messages, watch, (hit) =>
    Effect.gen(function* () {
      const nodes = [];
      for (let index = 0; index < 1_000; index++)
        nodes.push(
          yield* actor((hops) =>
            Effect.flatMap(hit, () =>
              hops > 1 ? Queue.offer(nodes[(index + 1) % 1_000].queue, hops - 1) : Effect.void,
            ),
          ),
        );
      watch.start();
      Queue.offerUnsafe(nodes[0].queue, messages);
      return nodes;
    }),
  );

const asks = (messages, inFlight, watch) =>
  counted(messages, watch, (hit) =>
    Effect.gen(function* () {
      const server = yield* actor((reply) => Deferred.succeed(reply, 1));
      let left = messages;
      const ask = Effect.gen(function* () {
        while (left-- > 0) {
          const reply = yield* Deferred.make();
          yield* Queue.offer(server.queue, reply);
          yield* Deferred.await(reply);
          yield* hit;
        }
      });
      watch.start();
      yield* Effect.all(
        Array.from({ length: inFlight }, () => ask),
        { concurrency: 'unbounded', discard: true },
      );
      return [server];
    }),
  );

const spawn = (actors, watch) =>
  counted(actors, watch, (hit) =>
    Effect.gen(function* () {
      watch.start();
      for (let spawned = 0; spawned < actors; spawned += 100) {
        const children = [];
        for (let index = 0; index < 100; index++) children.push(yield* actor(() => Effect.void));
        for (const child of children) {
          yield* Fiber.interrupt(child.fiber);
          yield* hit;
        }
      }
      return [];
    }),
  );

export default {
  name: 'effect 4',
  share: 0.1,
  rounds: {
    flood,
    bursts,
    pingPong,
    ring,
    askOne: (messages, watch) => asks(messages, 1, watch),
    askMany: (messages, watch) => asks(messages, 100, watch),
    spawn,
  },
};
