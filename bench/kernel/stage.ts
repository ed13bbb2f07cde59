import { pathToFileURL } from 'node:url';
import { Stopwatch } from './contender.js';
import type { Contender, RowName } from './contender.js';

/**
 * A process in which one contender plays one row: nobody's hot code is shaped by what another library did before.
 * It is asked for rounds one at a time, so that the rounds of all contenders can be interleaved.
 */
const [modulePath, exportName] = process.argv.slice(2);
if (modulePath === undefined || exportName === undefined)
  throw new Error('expected a module and the name of its export');
const loaded = (await import(pathToFileURL(modulePath).href)) as Record<string, Contender>;
const contender = loaded[exportName];
if (contender === undefined) throw new Error(`${modulePath} exports no ${exportName}`);

process.on('message', (order: { readonly row: RowName; readonly messages: number } | 'rows') => {
  if (order === 'rows') {
    process.send?.({ name: contender.name, share: contender.share, rows: Object.keys(contender.rounds) });
    return;
  }
  void play(order.row, order.messages);
});
process.on('disconnect', () => process.exit());

async function play(row: RowName, messages: number): Promise<void> {
  const watch = new Stopwatch();
  try {
    await contender?.rounds[row]?.(messages, watch);
    if (!(watch.ms > 0)) throw new Error('the round did not use its stopwatch');
    process.send?.({ ms: watch.ms });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) });
  }
}
