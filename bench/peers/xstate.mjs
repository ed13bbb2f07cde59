import { createActor, fromTransition } from 'xstate';

/** XState 5: an actor is a transition function behind a synchronous mailbox; there is no ask, so a reply is a callback. */
const actor = (handle) => {
  const one = createActor(
    fromTransition((state, event) => {
      handle(event);
      return state;
    }, 0),
  );
  one.start();
  return one;
};

async function counted(messages, watch, play) {
  let seen = 0;
  let resolve;
  const done = new Promise((reached) => (resolve = reached));
  const hit = () => {
    if (++seen === messages) resolve();
    return seen;
  };
  await play(hit);
  await done;
  watch.stop();
  if (seen !== messages) throw new Error(`xstate: expected ${messages} messages handled, counted ${seen}`);
}

const flood = (messages, watch) =>
  counted(messages, watch, (hit) => {
    const sink = actor(hit);
    watch.start();
    for (let index = 0; index < messages; index++) sink.send({ type: 'message' });
  });

const bursts = (messages, watch) =>
  counted(messages, watch, async (hit) => {
    const sink = actor(hit);
    watch.start();
    for (let sent = 0; sent < messages; sent += 100) {
      for (let index = 0; index < 100; index++) sink.send({ type: 'message' });
      await undefined;
    }
  });

const pingPong = (messages, watch) =>
  counted(messages, watch, (hit) => {
    const players = [];
    const player = (other) =>
      actor(() => {
        if (hit() < messages) players[other].send({ type: 'ball' });
      });
    players.push(player(1), player(0));
    watch.start();
    players[0].send({ type: 'ball' });
  });

const ring = (messages, watch) =>
  counted(messages, watch, (hit) => {
    const nodes = Array.from({ length: 1_000 }, (_unused, index) =>
      actor(({ hops }) => {
        hit();
        if (hops > 1) nodes[(index + 1) % 1_000].send({ type: 'hop', hops: hops - 1 });
      }),
    );
    watch.start();
    nodes[0].send({ type: 'hop', hops: messages });
  });

const asks = (messages, inFlight, watch) =>
  counted(messages, watch, async (hit) => {
    const server = actor(({ reply }) => reply());
    let left = messages;
    const ask = async () => {
      while (left-- > 0) {
        await new Promise((reply) => server.send({ type: 'next', reply }));
        hit();
      }
    };
    watch.start();
    await Promise.all(Array.from({ length: inFlight }, ask));
  });

const spawn = (actors, watch) =>
  counted(actors, watch, async (hit) => {
    watch.start();
    for (let spawned = 0; spawned < actors; spawned += 100) {
      const children = Array.from({ length: 100 }, () => actor(() => undefined));
      for (const child of children) {
        child.stop();
        hit();
      }
      await undefined;
    }
  });

export default {
  name: 'xstate 5',
  share: 0.2,
  rounds: {
    flood,
    bursts,
    // Sending is a nested call until the first send returns, so a long volley is one deep turn.
    pingPong,
    ring,
    askOne: (messages, watch) => asks(messages, 1, watch),
    askMany: (messages, watch) => asks(messages, 100, watch),
    spawn,
  },
};
