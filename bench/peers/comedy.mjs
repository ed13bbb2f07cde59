import actors from 'comedy';

/** Comedy 2 with in-memory actors: every send is a promise. */
const system = actors({ test: false, loggerConfig: { categories: { Default: 'Silent' } } });
const root = await system.rootActor();

function meter(messages) {
  let seen = 0;
  let resolve;
  const done = new Promise((reached) => (resolve = reached));
  const hit = () => {
    if (++seen === messages) resolve();
    return seen;
  };
  return { hit, done };
}

async function flood(messages, watch) {
  const { hit, done } = meter(messages);
  const sink = await root.createChild({ message: hit });
  watch.start();
  for (let index = 0; index < messages; index++) void sink.send('message', index);
  await done;
  watch.stop();
  await sink.destroy();
}

async function bursts(messages, watch) {
  const { hit, done } = meter(messages);
  const sink = await root.createChild({ message: hit });
  watch.start();
  for (let sent = 0; sent < messages; sent += 100)
    await Promise.all(Array.from({ length: 100 }, (_unused, index) => sink.send('message', index)));
  await done;
  watch.stop();
  await sink.destroy();
}

async function pingPong(messages, watch) {
  const { hit, done } = meter(messages);
  const players = [];
  const player = (other) =>
    root.createChild({
      ball() {
        if (hit() < messages) void players[other].send('ball');
      },
    });
  players.push(await player(1), await player(0));
  watch.start();
  void players[0].send('ball');
  await done;
  watch.stop();
  for (const one of players) await one.destroy();
}

async function asks(messages, inFlight, watch) {
  const { hit, done } = meter(messages);
  const server = await root.createChild({ next: (value) => value + 1 });
  let left = messages;
  const ask = async () => {
    while (left-- > 0) {
      await server.sendAndReceive('next', 1);
      hit();
    }
  };
  watch.start();
  await Promise.all(Array.from({ length: inFlight }, ask));
  await done;
  watch.stop();
  await server.destroy();
}

async function spawn(actorsWanted, watch) {
  const { hit, done } = meter(actorsWanted);
  watch.start();
  for (let spawned = 0; spawned < actorsWanted; spawned += 100) {
    const children = await Promise.all(
      Array.from({ length: 100 }, () => root.createChild({ message: () => undefined })),
    );
    for (const child of children) {
      await child.destroy();
      hit();
    }
  }
  await done;
  watch.stop();
}

export default {
  name: 'comedy 2',
  share: 0.02,
  rounds: {
    flood,
    bursts,
    pingPong,
    askOne: (messages, watch) => asks(messages, 1, watch),
    askMany: (messages, watch) => asks(messages, 100, watch),
    spawn,
  },
  close: () => system.destroy(),
};
