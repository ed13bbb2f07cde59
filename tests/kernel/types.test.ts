/** Programs that must not compile, each with the error that refuses it, and their right forms, which must. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const prelude = `
import { child, dynamicSupervisor, name, startTree, supervisor, System } from '../../runtime/index.js';
import type { AskOutcome, Behavior, Ctx, Handle, Ref, Replies, Signal, Told } from '../../runtime/index.js';
type Msg = { type: 'add'; by: number } | ({ type: 'get' } & Replies<number>) | ({ type: 'find'; key: string } & Replies<Error>);
declare const ref: Ref<Msg>; declare const handle: Handle<Msg>; declare const other: Ref<{ type: 'other' }>;
declare const system: System; declare const ctx: Ctx<Msg>;
const n = name<Msg>('n');
const behavior: Behavior<number, Msg, { from: number }> = {
  init: (args) => args.from,
  handle: (state, message) => (message.type === 'add' ? state + message.by : state),
};
const spec = { id: 'a', behavior, args: { from: 1 }, mailbox: { capacity: 1 } } as const;
const supervision = { strategy: 'one_for_one', intensity: 1, periodMs: 1 } as const;
`;

/** [row, what, the wrong line, the right line] */
const cases: readonly (readonly [string, string, string, string])[] = [
  [
    '76',
    'a message of the wrong type told to a ref',
    `ref.tell({ type: 'nonsense' });`,
    `ref.tell({ type: 'add', by: 1 });`,
  ],
  [
    '76',
    'a field of the wrong type',
    `ref.tell({ type: 'add', by: 'one' });`,
    `ref.tell({ type: 'add', by: 2 });`,
  ],
  [
    '76',
    'an offer of the wrong type',
    `void ref.offer({ type: 'nonsense' });`,
    `void ref.offer({ type: 'get' });`,
  ],
  [
    '76',
    'ctx.tell to a ref of others',
    `ctx.tell(other, { type: 'add', by: 1 });`,
    `ctx.tell(other, { type: 'other' });`,
  ],
  ['76', 'ctx.tell to a name', `ctx.tell(n, { type: 'other' });`, `ctx.tell(n, { type: 'get' });`],
  [
    '76',
    'ctx.tell to a handle',
    `ctx.tell(handle, { type: 'other' });`,
    `ctx.tell(handle, { type: 'get' });`,
  ],
  [
    '76',
    'a ref of one kind for another',
    `const wrong: Ref<Msg> = other; void wrong;`,
    `const right: Ref<{ type: 'get' }> = ref; void right;`,
  ],
  [
    '76',
    'a Down among the messages',
    `const m: Msg = null as never as Signal; void m;`,
    `const m: Msg = { type: 'get' }; void m;`,
  ],
  [
    '76',
    'a Down told as a message',
    `ref.tell({ type: 'down', monitor: { monitor: 1 }, path: '', reason: { kind: 'normal' } });`,
    `ref.tell({ type: 'get' });`,
  ],
  [
    '85',
    'a request of the wrong type',
    `void system.ask(ref, { type: 'nonsense' }, { deadlineMs: 1 });`,
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 });`,
  ],
  [
    '85',
    'an ask without a deadline',
    `void system.ask(ref, { type: 'get' }, {});`,
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 });`,
  ],
  [
    '85',
    'an answer taken without looking at its outcome',
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 }).then((o) => o.value);`,
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 }).then((o) => (o.ok ? o.value : o.reason));`,
  ],
  [
    '85',
    'an answer of the wrong type',
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 }).then((o) => { if (o.ok) { const text: string = o.value; void text; } });`,
    `void system.ask(ref, { type: 'get' }, { deadlineMs: 1 }).then((o) => { if (o.ok) { const n: number = o.value; void n; } });`,
  ],
  [
    '85',
    'an error that was answered, taken for a failed ask',
    `void system.ask(ref, { type: 'find', key: '' }, { deadlineMs: 1 }).then((o) => { if (!o.ok) { const e: Error = o.reason; void e; } });`,
    `void system.ask(ref, { type: 'find', key: '' }, { deadlineMs: 1 }).then((o) => { if (o.ok) { const e: Error = o.value; void e; } });`,
  ],
  [
    '85',
    'ctx.ask whose outcome becomes no message of ours',
    `ctx.ask(ref, { type: 'get' }, { deadlineMs: 1 }, () => ({ type: 'nonsense' }));`,
    `ctx.ask(ref, { type: 'get' }, { deadlineMs: 1 }, () => ({ type: 'get' }));`,
  ],
  [
    '85',
    'a reply of the wrong type',
    `const q: Replies<number> = {}; ctx.reply(q, 'one');`,
    `const q: Replies<number> = {}; ctx.reply(q, 1);`,
  ],
  [
    '10',
    'an unknown field of a child',
    `child({ ...spec, id: 'a', colour: 'red' } satisfies Parameters<typeof child<number, Msg, { from: number }>>[0]);`,
    `child({ ...spec, restart: 'transient' });`,
  ],
  [
    '10',
    'an unknown field of a mailbox',
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, priority: 1 } });`,
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, expiryMs: 1 } });`,
  ],
  [
    '10',
    'wrong args',
    `child({ ...spec, args: { from: 'one' } });`,
    `child({ ...spec, args: { from: 2 } });`,
  ],
  [
    '39',
    'a child without a mailbox',
    `child<number, Msg, { from: number }>({ id: 'a', behavior, args: { from: 1 } });`,
    `child<number, Msg, { from: number }>({ id: 'a', behavior, args: { from: 1 }, mailbox: { capacity: 1 } });`,
  ],
  [
    '39',
    'a mailbox without a capacity',
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { overflow: 'reject' } });`,
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, overflow: 'reject' } });`,
  ],
  [
    '39',
    'an overflow that discards in silence',
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, overflow: 'discard' } });`,
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, overflow: 'drop_newest' } });`,
  ],
  [
    '47',
    'a mailbox with priorities',
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1, priority: () => 1 } });`,
    `child<number, Msg, { from: number }>({ ...spec, mailbox: { capacity: 1 } });`,
  ],
  ['41', 'a stash', `ctx.stash({ type: 'get' });`, `ctx.self.tell({ type: 'get' });`],
  ['33', 'a change of the receive function', `ctx.become(behavior.handle);`, `ctx.stop();`],
  ['87', 'an idle timeout', `ctx.setReceiveTimeout(1);`, `ctx.timer('idle', 1, { type: 'get' });`],
  [
    '88',
    'a timer with a message of others',
    `ctx.timer('t', 1, { type: 'other' });`,
    `ctx.timer('t', 1, { type: 'get' });`,
  ],
  ['138', 'a router', `ctx.router([ref]);`, `ctx.tell(ref, { type: 'get' });`],
  ['110', 'an event bus', `ctx.publish({ type: 'get' });`, `ctx.tell(ctx.self, { type: 'get' });`],
  [
    '131',
    'an actor that recovers from a log',
    `child<number, Msg, { from: number }>({ ...spec, recover: () => 0 });`,
    `child<number, Msg, { from: number }>({ ...spec });`,
  ],
  [
    '20',
    'a supervisor without intensity',
    `supervisor('s', { strategy: 'one_for_one', periodMs: 1 }, []);`,
    `supervisor('s', { ...supervision }, []);`,
  ],
  [
    '20',
    'a strategy that does not exist',
    `supervisor('s', { ...supervision, strategy: 'one_for_none' }, []);`,
    `supervisor('s', { ...supervision, strategy: 'rest_for_one' }, []);`,
  ],
  [
    '26',
    'a decision callback of a supervisor',
    `supervisor('s', { ...supervision, decide: () => 'restart' }, []);`,
    `supervisor('s', supervision, [child(spec)]);`,
  ],
  [
    '10',
    'arguments that the template does not take',
    `const d = dynamicSupervisor('d', { intensity: 1, periodMs: 1 }, (from: number) => child({ ...spec, args: { from } })); void d.problem; declare const r: Ref<import('../../runtime/index.js').SupervisorMsg<number>>; void system.startDynamicChild(r, 'one');`,
    `declare const r: Ref<import('../../runtime/index.js').SupervisorMsg<number>>; void system.startDynamicChild(r, 1);`,
  ],
  [
    '36',
    'the result of a tell taken for sent',
    `const sent: boolean = ref.tell({ type: 'get' }); void sent;`,
    `const told: Told = ref.tell({ type: 'get' }); void told;`,
  ],
  [
    '36',
    'a result of ctx.tell',
    `const told: Told = ctx.tell(ref, { type: 'get' }); void told;`,
    `ctx.tell(ref, { type: 'get' });`,
  ],
  [
    '85',
    'an ask that a handler awaits',
    `const o: Promise<AskOutcome<number>> = ctx.ask(ref, { type: 'get' }, { deadlineMs: 1 }, () => ({ type: 'get' })); void o;`,
    `const o: Promise<AskOutcome<number>> = system.ask(ref, { type: 'get' }, { deadlineMs: 1 }); void o;`,
  ],
];

const here = path.resolve('tests/kernel');
const wrong = (at: number) => path.join(here, `wrong-${at}.ts`);
const right = (at: number) => path.join(here, `right-${at}.ts`);

/** All cases in one program, so that the library is read once. */
/** The program of the guide as it is printed, and with each of the mistakes that it says do not compile. */
const guide =
  /## Typed messages.*?```ts\n(.*?)```/s
    .exec(readFileSync('docs/embedding.md', 'utf8'))?.[1]
    ?.replace("'holdfast'", "'../../runtime/index.js'") ?? '';
const guides: readonly (readonly [string, string, string])[] = [
  ['as printed', '', ''],
  ['a reply of another type', 'ctx.reply(message, state)', "ctx.reply(message, 'ten')"],
  ['an unknown message', "tell({ type: 'add', by: 5 })", "tell({ type: 'subtract' })"],
  ['a field of another type', 'by: 5 }', "by: 'five' }"],
  ['an answer of another type', 'outcome.value + 1', 'outcome.value.length'],
  ['a message through a path', 'system.whereis(counters)?', "system.find('root/counter')?"],
];
const guided = (at: number): string => path.resolve(`tests/kernel/guide-${at}.ts`);

function diagnose(): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, string>();
  guides.forEach(([, from, to], at) => texts.set(guided(at), guide.replace(from, to)));
  cases.forEach(([, , bad, good], at) => {
    const body = (line: string) =>
      `${prelude}void [n, spec, supervision, handle, dynamicSupervisor, startTree];\n${line}\n`;
    texts.set(wrong(at), body(bad));
    texts.set(right(at), body(good));
  });
  const read = ts.readConfigFile('tsconfig.json', (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, path.resolve('.'));
  const settings = { ...options, noEmit: true, incremental: false, noUnusedLocals: false };
  delete settings.tsBuildInfoFile;
  const host = ts.createCompilerHost(settings);
  const plain = { ...host };
  host.fileExists = (file) => texts.has(file) || plain.fileExists(file);
  host.readFile = (file) => texts.get(file) ?? plain.readFile(file);
  host.getSourceFile = (file, languageVersion, ...rest) => {
    const text = texts.get(file);
    return text === undefined
      ? plain.getSourceFile(file, languageVersion, ...rest)
      : ts.createSourceFile(file, text, languageVersion);
  };
  const program = ts.createProgram([...texts.keys()], settings, host);
  return new Map(
    [...texts.keys()].map((file) => {
      const source = program.getSourceFile(file);
      const found =
        source === undefined
          ? []
          : [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [
        file,
        found.map(
          ({ code, messageText }) => `TS${code} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
        ),
      ];
    }),
  );
}

const found = diagnose();

test.each(cases.map(([row, what], at) => ({ row, what, at })))(
  'hazard $row: $what does not compile, and its right form does',
  ({ at }) => {
    expect(found.get(right(at))).toEqual([]);
    expect(found.get(wrong(at))).not.toEqual([]);
    // An unknown name or a module that was not found would prove nothing.
    for (const line of found.get(wrong(at)) ?? []) expect(line).not.toMatch(/^TS(2304|2307|1\d{3}) /);
  },
);

test.each(guides.map(([what], at) => ({ what, at })))(
  'the typed program of the guide: $what',
  ({ what, at }) => {
    expect(guide).toContain(guides[at]?.[1]);
    expect(found.get(guided(at))).toHaveLength(what === 'as printed' ? 0 : 1);
  },
);
