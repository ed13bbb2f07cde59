// A thermometer with a bug: a reading that is not a number crashes it. Its supervisor sees that and starts it anew;
// the readings that waited behind the bad one are handled by the next life.
import { child, startTree, supervisor } from 'holdfast';

const thermometer = child({
  id: 'thermometer',
  args: { unit: 'C' },
  mailbox: { capacity: 100 },
  behavior: {
    init: ({ unit }) => ({ unit, readings: [] }),
    handle(state, message, ctx) {
      switch (message.type) {
        case 'reading':
          // The bug: nobody checks what comes in.
          return { ...state, readings: [...state.readings, Number(message.text.trim())] };
        case 'report':
          ctx.reply(message, `${state.readings.join(', ')} ${state.unit}`);
          return state;
      }
    },
  },
});

// At most 3 restarts in 5 seconds; one more, and the supervisor gives up and says so.
const root = supervisor('root', { strategy: 'one_for_one', intensity: 3, periodMs: 5_000 }, [thermometer]);
const system = await startTree(root);
const ref = system.find('root/thermometer');

ref.tell({ type: 'reading', text: '21.5' });
ref.tell({ type: 'reading' }); // no text: trim() of undefined throws
ref.tell({ type: 'reading', text: ' 19.0 ' });
await system.quiescent(); // the crash and the restart are over; an ask under way would have failed with the crash
console.log('report:', await system.ask(ref, { type: 'report' }, { deadlineMs: 1_000 }));
console.log('lives:', system.inspect(ref).incarnation, '- last error:', system.inspect(ref).lastError);
for (const letter of system.deadLetters()) console.log('dead letter:', letter.reason, letter.message);
await system.stop();
