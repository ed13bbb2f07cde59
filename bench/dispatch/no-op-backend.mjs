// Answers every request at once with the same figures and no trades. Flags as `holdfast serve-backtests` has them.
import { parseArgs } from 'node:util';
import { Pull, Push } from 'zeromq';

const { values } = parseArgs({ strict: false, options: { results: { type: 'string' } } });
const requests = new Pull({ receiveHighWaterMark: 1_000 });
const results = new Push({ sendHighWaterMark: 1_000, linger: 0 });
await requests.bind('tcp://127.0.0.1:*');
results.connect(values.results);
process.stdout.write(`${JSON.stringify({ ready: true, requests: requests.lastEndpoint, workers: 8 })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit());
process.on('SIGTERM', () => process.exit());

const figures =
  '(strategy_name . "s") (sharpe . 0.5) (trades . 2) (wins . 1) (losses . 1) (pnl . 1.5) (win_rate . 50.0) (profit_factor . 2.0) (max_dd . 0.01)';
for await (const [frame] of requests) {
  const id = /request_id\s*\.\s*"([^"]+)"/.exec(frame.toString('utf8'))?.[1];
  await results.send(`((type . "BACKTEST_RESULT") (result . ((request_id . "${id}") ${figures})))`);
}
