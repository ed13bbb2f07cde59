/** A whole pipeline whose only work is to tell things: node deliver.mjs FILE COUNT LANE=URL... */
import { names as db } from '../../../dist/protocols/db-writes.js';
import { startPipeline } from '../../../dist/runtime/pipeline/index.js';

const [file, count, ...given] = process.argv.slice(2);
const lanes = Object.fromEntries(
  given.map((text) => {
    const at = text.indexOf('=');
    return [text.slice(0, at), { webhook: { reveal: () => text.slice(at + 1) } }];
  }),
);
const names = Object.keys(lanes);
const pipeline = await startPipeline({
  file,
  workers: 1,
  notifier: {
    lanes,
    topics: { ranks: names[0], data: names[1] },
    alternate: names[1],
    settings: { lookMs: 50, retryMsMin: 20, retryMsMax: 100 },
  },
});
const nowMs = Date.now();
const notifications = Array.from({ length: Number(count) }, (_unused, index) => ({
  notificationId: `n${index}`,
  topic: index % 2 === 0 ? 'ranks' : 'data',
  severity: 'info',
  title: `n${index}`,
  body: '',
  collapseKey: null,
  sourceWallMs: nowMs,
  createdWallMs: nowMs,
  expiresWallMs: nowMs + 600_000,
}));
const created = await pipeline.system.ask(
  db.core,
  { type: 'create_notifications', notifications },
  { deadlineMs: 10_000 },
);
process.stdout.write(`${JSON.stringify(created)}\n`);
process.once('SIGTERM', () => void pipeline.stop().then(() => process.exit(0)));
