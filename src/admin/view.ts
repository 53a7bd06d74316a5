import type { ConnectionInfo } from '../ip/stack.ts';
import type { Sample } from '../web/line-history.ts';

/** What is settled of a line before anything crosses it. */
export interface LineSetup {
  /** What the log calls the line. */
  port: string;
  /** This end's address and the other's, dotted quads. */
  address: string;
  peer: string;
  /** Largest datagram sent, in bytes. */
  mtu: number;
  /** The line's speed in bits a second; 0 when it is not known. */
  baud: number;
}

/** What an administrator is shown of one line. */
export interface LineView extends Readonly<LineSetup> {
  readonly httpPort: number;
  /** Whether the device is there. */
  readonly isOpen: boolean;
  /** The line's and the stack's. */
  readonly counters: Readonly<Record<string, number>>;
  readonly connections: Iterable<ConnectionInfo>;
  /** The last ten minutes, the oldest first. */
  readonly history: readonly Sample[];
  /** To be called with each round trip that is measured, in ms. */
  onRoundTrip: (ms: number) => void;
}

/** What an administrator is shown of the daemon. */
export interface DaemonView {
  readonly version: string;
  readonly lines: readonly LineView[];
  /** The number of the latest visitor. */
  readonly visitors: number;
  /** Seconds since the start. */
  readonly uptime: number;
  /** The file that datagrams are being written to, if they are. */
  readonly capture: string | undefined;
}

/** Bytes a second that a line of `baud` bits a second carries each way: 8N1, ten bits to a byte. */
export function capacityOf(baud: number): number {
  return baud / 10;
}

/** What share of the line's capacity was used both ways in the last sample, from 0 to 1; undefined where it is not known. */
export function utilisationOf({ baud, history }: LineView): { received: number; sent: number } | undefined {
  const sample = history.at(-1);
  if (!sample || baud === 0) return undefined;
  const share = (rate: number) => Math.min(1, rate / capacityOf(baud));
  return { received: share(sample.received), sent: share(sample.sent) };
}

/** Of no numbers it is 0. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** How many connections are in each state. */
export function countStates(connections: Iterable<{ state: string }>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of connections) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
