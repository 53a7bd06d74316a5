import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B, fixedRandom } from '../support/wire.ts';
import { Dice } from './dice.ts';
import { Host } from './host.ts';
import { PERFECT_WIRE, WireEnd } from './impaired-wire.ts';
import { Trace } from './trace.ts';

/** One cell of the table: a bulk transfer in one direction. */
export interface Transfer {
  /** Bits a second; 0 for no line, but a delay of 5 ms each way. */
  baud: number;
  sack: boolean;
  receiveBuffer: number;
  /** Probability that a datagram is lost, both ways. */
  loss: number;
}

export const BAUD = 115_200;
export const LOSSES = [0, 0.001, 0.01, 0.03, 0.1, 0.3];
export const RECEIVE_BUFFERS = [2048, 8192, 65_535];

const MTU = 1500;
/** Octets of one transfer. */
const OCTETS = { onLine: 200_000, withoutLine: 1_000_000 };
/** Runs that are averaged. */
const SEEDS = { onLine: 16, withoutLine: 6 };
const PORT = 80;
/** Where every third datagram is lost, the usual user timeout is sometimes too short. */
const PATIENCE = 3_600_000;
/** Text that the line carries in a second without loss. */
const LINE_LIMIT = (BAUD / 10) * ((MTU - 40) / (MTU + 2));

/** Goodput in octets a second: the text delivered by the time it took, over some seeds. */
export function measureGoodput(transfer: Transfer): number {
  const seeds = transfer.baud > 0 ? SEEDS.onLine : SEEDS.withoutLine;
  let ms = 0;
  for (let seed = 1; seed <= seeds; seed++) ms += timeTransfer(transfer, seed).ms;
  return (1000 * seeds * octetsOf(transfer)) / ms;
}

/** By what is on the way, and by loss. */
export type Table = Record<string, Record<string, number>>;

/** The table as it is kept in the snapshot: per cent of the line's limit, and kB/s without a line. */
export function measureTable(): Table {
  const table: Table = {};
  for (const baud of [BAUD, 0]) {
    for (const sack of [true, false]) {
      for (const receiveBuffer of RECEIVE_BUFFERS) {
        const row: Record<string, number> = {};
        for (const loss of LOSSES) {
          const goodput = measureGoodput({ baud, sack, receiveBuffer, loss });
          row[`${100 * loss} %`] = round(baud > 0 ? (100 * goodput) / LINE_LIMIT : goodput / 1000);
        }
        table[`${baud || 'no line'}, ${sack ? 'SACK' : 'no SACK'}, buffer ${receiveBuffer}`] = row;
      }
    }
  }
  return table;
}

function octetsOf({ baud }: Transfer): number {
  return baud > 0 ? OCTETS.onLine : OCTETS.withoutLine;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** Runs one transfer to its end. @returns the virtual time that it took after the handshake, and what was on the wire */
export function timeTransfer(transfer: Transfer, seed: number): { ms: number; trace: Trace; sender: Stack } {
  const clock = new VirtualClock();
  const trace = new Trace(100_000);
  const dice = new Dice(seed);
  const { baud, loss, sack, receiveBuffer } = transfer;
  const impairment = { ...PERFECT_WIRE, baud, loss, delay: baud > 0 ? 1 : 5 };
  const ends = {
    a: new WireEnd('a >', impairment, clock, dice.fork(), trace),
    b: new WireEnd('b <', impairment, clock, dice.fork(), trace),
  };
  ends.a.peer = ends.b;
  ends.b.peer = ends.a;
  const lineTime = baud > 0 ? (2 * (MTU + 2) * 10_000) / baud : 0;
  const options: Partial<StackOptions> = {
    mtu: MTU,
    sack,
    receiveBuffer,
    minRto: 200 + lineTime,
    userTimeout: PATIENCE,
  };
  if (baud > 0) options.baud = baud;
  const sender = new Stack({ address: A, random: fixedRandom(seed), ...options });
  const receiver = new Stack({ address: B, random: fixedRandom(seed + 100), ...options });
  const hosts = { a: new Host(sender, ends.a, clock, true), b: new Host(receiver, ends.b, clock, true) };

  let received = 0;
  receiver.tcp.listen({ port: PORT, backlog: 1, deferAccept: false, halfOpen: 0, accept: sink });
  const connection = sender.tcp.connect(parseAddress(B), PORT);
  let openedAt = 0;
  const octets = octetsOf(transfer);
  write(connection, octets, () => {
    openedAt = clock.now();
  });
  hosts.a.settle();
  while (received < octets) clock.advance(clock.next - clock.now());
  return { ms: clock.now() - openedAt, trace, sender };

  function sink(connection: Connection): void {
    const read = () => {
      for (let text = connection.receive(); text; text = connection.receive()) received += text.length;
    };
    connection.user = { opened: read, readable: read, writable: () => {}, closed: () => {} };
  }
}

/** Keeps the send buffer full until `octets` are written, from the handshake on. */
function write(connection: Connection, octets: number, started: () => void): void {
  let rest = octets;
  const more = () => {
    if (rest > 0) rest -= connection.send(new Uint8Array(Math.min(rest, 65_536)));
  };
  const opened = () => {
    started();
    more();
  };
  connection.user = { opened, readable: () => {}, writable: more, closed: () => {} };
}
