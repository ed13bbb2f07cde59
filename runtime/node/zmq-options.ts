import { frameBytesMax } from '../../protocols/backtest-wire/index.js';

/**
 * What a socket is for: both ends of the two one-way streets of the wire. `requests_in` and `results_in` are PULL,
 * `requests_out` and `results_out` are PUSH.
 */
export type SocketRole = 'requests_out' | 'requests_in' | 'results_out' | 'results_in';

/** Longer frames break the receiver's connection; up to here they arrive and can be refused by name. */
export const receiveBytesMax = 2 * frameBytesMax;

/** Longest frame that is sent. A receiver drops a connection over a longer one, without a word to anybody. */
export const sendBytesMax = frameBytesMax;

/** How long unsent frames keep a closed socket's port to the world open. */
export const lingerMs = 500;

/** One option, its value on the sockets that have it, and why it is not left to libzmq. */
export interface OptionRow<Value extends number | boolean = number | boolean> {
  readonly option: string;
  /** libzmq's own value, for comparison. */
  readonly otherwise: string;
  readonly values: Readonly<Partial<Record<SocketRole, Value>>>;
  readonly why: string;
}

const all = <Value extends number | boolean>(value: Value): Record<SocketRole, Value> => ({
  requests_out: value,
  requests_in: value,
  results_out: value,
  results_in: value,
});

/**
 * Every option that matters to these sockets, set explicitly: libzmq's defaults hold 1,000 messages a side whatever
 * their size, wait for ever when closing and never notice a frozen peer. docs/zeromq.md shows this table.
 */
export const optionTable: readonly OptionRow[] = [
  {
    option: 'sendHighWaterMark',
    otherwise: '1000',
    values: { requests_out: 50, results_out: 50 },
    why: 'counts messages, not bytes: 50 answers of 16 MiB are the most that a peer may make us hold',
  },
  {
    option: 'receiveHighWaterMark',
    otherwise: '1000',
    values: { requests_in: 50, results_in: 50 },
    why: 'frames wait with their sender, who counts them, and not here, where a kill loses them',
  },
  {
    option: 'maxMessageSize',
    otherwise: 'no limit',
    values: all(receiveBytesMax),
    why: 'twice the longest frame we accept: a little too long can be answered, far too long never enters memory',
  },
  {
    option: 'linger',
    otherwise: 'for ever',
    values: all(lingerMs),
    why: 'an unsent frame must not hang the end of the process; a forced close sets 0',
  },
  {
    option: 'sendTimeout',
    otherwise: 'wait for ever',
    values: { requests_out: 0, results_out: 0 },
    why: 'a send is taken now or refused now, so a pending send can never meet a second one, which would throw',
  },
  {
    option: 'receiveTimeout',
    otherwise: 'wait for ever',
    values: { requests_in: 1_000, results_in: 1_000 },
    why: 'a receive loop comes round and can end; a dead sender gives no end of stream',
  },
  {
    option: 'immediate',
    otherwise: 'false',
    values: { requests_out: true, results_out: false },
    why: 'a request counts as sent only if somebody is there; answers wait in the pipe over a restart of their reader',
  },
  {
    option: 'reconnectInterval',
    otherwise: '100',
    values: all(100),
    why: 'ms; on loopback the peer is back as soon as its process is',
  },
  {
    option: 'reconnectMaxInterval',
    otherwise: 'off',
    values: all(2_000),
    why: 'ms; the tries double up to here, so a peer that is away for a day costs nothing',
  },
  {
    option: 'connectTimeout',
    otherwise: "the kernel's, minutes",
    values: all(5_000),
    why: 'ms; a host that swallows packets is tried again, not waited for',
  },
  {
    option: 'handshakeInterval',
    otherwise: '30000',
    values: all(5_000),
    why: 'ms; whoever connects and does not speak ZMTP is cut off',
  },
  {
    option: 'heartbeatInterval',
    otherwise: 'off',
    values: all(5_000),
    why: 'ms between pings; without them a stopped process looks alive for ever',
  },
  {
    option: 'heartbeatTimeout',
    otherwise: 'the interval',
    values: all(15_000),
    why: 'ms without an answer; three pings, because a busy machine may miss one',
  },
  {
    option: 'heartbeatTimeToLive',
    otherwise: 'off',
    values: all(30_000),
    why: 'ms after which the peer gives us up, should we be the one that froze',
  },
  {
    option: 'tcpKeepalive',
    otherwise: "the kernel's",
    values: all(1),
    why: 'for peers too old to answer pings',
  },
  {
    option: 'tcpKeepaliveIdle',
    otherwise: "the kernel's, 2 h",
    values: all(30),
    why: 'seconds of silence before the first probe',
  },
  {
    option: 'tcpKeepaliveInterval',
    otherwise: "the kernel's, 75",
    values: all(10),
    why: 'seconds between probes',
  },
  {
    option: 'tcpKeepaliveCount',
    otherwise: "the kernel's, 9",
    values: all(3),
    why: 'probes without an answer; with the two above a dead host is noticed within a minute',
  },
  {
    option: 'backlog',
    otherwise: '100',
    values: all(100),
    why: 'connections that may wait to be accepted; written down so that it cannot change under us',
  },
  {
    option: 'ipv6',
    otherwise: 'false',
    values: all(false),
    why: 'Swimmy binds IPv4 only, and localhost must not resolve to an address that nobody listens on',
  },
];

/** What the constructor of a socket of this role is given. */
export function optionsOf(role: SocketRole): Record<string, number | boolean> {
  const options: Record<string, number | boolean> = {};
  for (const { option, values } of optionTable) {
    const value = values[role];
    if (value !== undefined) options[option] = value;
  }
  return options;
}

const roles = [
  'requests_out',
  'requests_in',
  'results_out',
  'results_in',
] as const satisfies readonly SocketRole[];

/** The table as Markdown, one line per option; a dash where a socket has no such option. */
export function optionTableText(): string {
  const line = (cells: readonly (string | number | boolean)[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['option', ...roles.map((role) => role.replace('_', ' ')), "libzmq's own", 'why']),
    line(['---', ...roles.map(() => '---'), '---', '---']),
    ...optionTable.map(({ option, values, otherwise, why }) =>
      line([`\`${option}\``, ...roles.map((role) => values[role] ?? '–'), otherwise, why]),
    ),
  ].join('\n');
}
