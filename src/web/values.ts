import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

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
  counters: Readonly<Record<string, number>>;
  connections: Iterable<ConnectionStatus>;
}

export interface ConnectionStatus {
  /** As RFC 9293 spells it. */
  state: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Smoothed round-trip time, ms; undefined before it was measured. */
  rtt?: number | undefined;
}

/** What templates are given, as `it`. docs/sites.md explains each. */
export interface TemplateValues {
  visitor: { number: number; address: string };
  request: {
    method: string;
    path: string;
    query: Record<string, string>;
    headers: IncomingHttpHeaders;
  };
  server: Omit<ServerStatus, 'connections'> & {
    upFor: string;
    version: string;
    nodeVersion: string;
    connectionCount: number;
    connections: ConnectionStatus[];
  };
  time: Date;
}

/** Connections that a template gets to see. */
const MOST_CONNECTIONS = 100;

export const VERSION: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;

export function templateValues(
  request: IncomingMessage,
  path: string,
  number: number,
  status: ServerStatus,
): TemplateValues {
  return {
    visitor: { number, address: addressOf(request) },
    request: { method: request.method!, path, query: queryOf(request.url!), headers: request.headers },
    server: serverValues(status),
    time: new Date(),
  };
}

/** The address of the client; an IPv4 address is given as such where the socket knows both kinds. */
export function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}

/** The first value of each name. */
function queryOf(target: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  const at = target.indexOf('?');
  if (at < 0) return query;
  for (const [name, value] of new URLSearchParams(target.slice(at))) query[name] ??= value;
  return query;
}

/** The connections are gone through only when a template asks for them: there may be a million. */
function serverValues(status: ServerStatus): TemplateValues['server'] {
  const { connections, ...rest } = status;
  return {
    ...rest,
    upFor: duration(status.uptime),
    version: VERSION,
    nodeVersion: process.versions.node,
    get connectionCount() {
      let count = 0;
      for (const _ of connections) count++;
      return count;
    },
    get connections() {
      const first: ConnectionStatus[] = [];
      for (const connection of connections) if (first.push(connection) === MOST_CONNECTIONS) break;
      return first;
    },
  };
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
