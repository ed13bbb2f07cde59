/** Counts that must outlive the rows they count, such as letters that retention has removed. */
import { compiler, define } from '../statement.js';

export interface CounterRow {
  readonly name: string;
  readonly value: number;
}

const store = compiler<{ counters: CounterRow }>();

export const addToCounter = define<CounterRow>('run', (slots) =>
  store
    .insertInto('counters')
    .values({ name: slots('name'), value: slots('value') })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({
        value: eb('counters.value', '+', eb.ref('excluded.value')),
      })),
    )
    .compile(),
);

export const selectCounters = define<object, CounterRow>('all', () =>
  store.selectFrom('counters').selectAll().orderBy('name').limit(10_000).compile(),
);
