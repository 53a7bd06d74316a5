import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Sample } from './line-history.ts';
import * as plot from './plots.ts';
import type { Tally } from './tally.ts';

/** What the server behind the pages tells of itself. */
export interface ServerStatus {
  /** Seconds since it started. */
  uptime: number;
  /** Its own address, a dotted quad. */
  address: string;
  /** The line's speed, bits a second; 0 where it is not known. */
  baud: number;
  /** Largest datagram sent, bytes. */
  mtu: number;
  /** Of this package. */
  version: string;
  /** Everything that is counted, by name. */
  counters: Readonly<Record<string, number>>;
  connections: Iterable<ConnectionStatus>;
  /** The last ten minutes, the oldest first; none where they are not known. */
  history?: readonly Sample[];
}

export interface ConnectionStatus {
  /** As RFC 9293 spells it. */
  state: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Octets in flight, and waiting to be sent. */
  inFlight: number;
  unsent: number;
  /** Smoothed round-trip time, ms; undefined before it was measured. */
  rtt: number | undefined;
}

/** What templates are given, as `it`. docs/sites.md explains each. */
export interface TemplateValues {
  visitor: {
    /** Undefined where it could not be written to disk, so that nobody is shown a number that may be lost. */
    number: number | undefined;
    address: string;
  };
  request: {
    method: string;
    path: string;
    query: Record<string, string>;
    headers: IncomingHttpHeaders;
  };
  server: Required<Omit<ServerStatus, 'connections'>> & {
    upFor: string;
    nodeVersion: string;
    connectionCount: number;
    connections: ConnectionStatus[];
    /** The counters of what was refused, by reason, without those that are 0. */
    drops: Record<string, number>;
  };
  /** Visits by hour, by day and by page. */
  visits: Pick<Tally, 'hours' | 'days' | 'pages'>;
  /** Makes plots: `bars`, `bar` and `lines`. */
  plot: typeof plot;
  time: Date;
  /** Of the response. */
  status: number;
}

/** Connections that a template gets to see. */
const MOST_CONNECTIONS = 100;

export function templateValues(
  request: IncomingMessage,
  path: string,
  number: number | undefined,
  visits: Tally,
  server: ServerStatus,
  status: number,
): TemplateValues {
  return {
    visitor: { number, address: addressOf(request) },
    request: { method: request.method!, path, query: queryOf(request.url!), headers: request.headers },
    server: serverValues(server),
    visits,
    plot,
    time: new Date(),
    status,
  };
}

/** The address of the client; an IPv4 address is given as such where the socket knows both kinds. */
export function addressOf({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}

/** The first value of each name. */
function queryOf(target: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  const at = target.indexOf('?');
  if (at < 0) return query;
  for (const [name, value] of new URLSearchParams(target.slice(at))) query[name] ??= value;
  return query;
}

/** The connections are gone through only when a template asks for them, and once: there may be a million. */
function serverValues({ connections, history = [], ...status }: ServerStatus): TemplateValues['server'] {
  let seen: ReturnType<typeof lookAt> | undefined;
  const look = () => {
    seen ??= lookAt(connections);
    return seen;
  };
  return {
    ...status,
    history,
    upFor: duration(status.uptime),
    nodeVersion: process.versions.node,
    get connectionCount() {
      return look().count;
    },
    get connections() {
      return look().first;
    },
    get drops() {
      return dropsAmong(status.counters);
    },
  };
}

/** Whether a counter is of a reason to refuse: they begin with the name of the layer that refused. */
export function isRefusal(counter: string): boolean {
  return /^(slip|ip|icmp|udp|tcp|replies)-/.test(counter);
}

function dropsAmong(counters: ServerStatus['counters']): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([name, count]) => count > 0 && isRefusal(name)));
}

function lookAt(connections: Iterable<ConnectionStatus>): { count: number; first: ConnectionStatus[] } {
  const first: ConnectionStatus[] = [];
  let count = 0;
  for (const connection of connections) if (count++ < MOST_CONNECTIONS) first.push(connection);
  return { count, first };
}

const UNITS: [name: string, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** `seconds` for people, in its two largest units: "3 days 4 hours". */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const largest = UNITS.findIndex(([, length]) => whole >= length);
  if (largest < 0) return '0 seconds';
  let rest = whole;
  const parts: string[] = [];
  for (const [name, length] of UNITS.slice(largest, largest + 2)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.join(' ');
}
