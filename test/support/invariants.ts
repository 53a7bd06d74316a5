import assert from 'node:assert/strict';
import type { Stack } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Flight } from '../../src/tcp/flight.ts';
import type { ReceiveBuffer } from '../../src/tcp/receive-buffer.ts';
import { receiveWindow } from '../../src/tcp/receive-window.ts';
import { add, before, distance, later } from '../../src/tcp/seq.ts';
import { isOpening, type State } from '../../src/tcp/state.ts';
import { deadlineOf } from '../../src/tcp/timers.ts';
import { parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { segmentIn } from './segment.ts';

const MOST_RANGES = 128;

/** What a connection looked like before: what must not go back is compared with it. */
interface Past {
  rcvNxt: number;
  rcvEdge: number;
  sndUna: number;
  sndNxt: number;
  /** The furthest right edge that the peer offered. */
  offered: number | undefined;
  /** The furthest right edge that was sent to the peer. */
  advertised: number | undefined;
}

/** What holds for every connection of a stack after every event, whatever the peer and the line do. */
export class Invariants {
  readonly #stack: Stack;
  readonly #pasts = new WeakMap<Connection, Past>();
  /** The furthest right edge that the peer's own segments offered, as far as they were seen. */
  readonly #offers = new WeakMap<Connection, number>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  /** @throws {AssertionError} naming the connection and what does not hold */
  check(): void {
    const { tcp } = this.#stack;
    let count = 0;
    let earliest = Number.POSITIVE_INFINITY;
    for (const c of tcp.table.all()) {
      count++;
      earliest = Math.min(earliest, deadlineOf(c));
      this.#checkConnection(c);
    }
    assert.equal(tcp.table.size, count, 'connectionCount');
    assert.ok(count <= tcp.settings.maxConnections, 'more connections than allowed');
    earliest = Math.min(earliest, tcp.handshakes.deadline(), tcp.stateless.deadline());
    assert.equal(tcp.deadline(), earliest, 'deadline() is the earliest of the connections');
  }

  /** A datagram was received, and perhaps taken: the window in it may be used from now on. */
  received(datagram: Uint8Array): void {
    const ip = parseIpv4(datagram, ignore);
    const segment = ip && segmentIn(ip);
    if (!segment || !(segment.flags & Flag.ACK)) return;
    for (const c of this.#stack.tcp.table.all()) {
      if (c.localPort !== segment.destinationPort || c.remotePort !== segment.sourcePort) continue;
      const isSyn = (segment.flags & Flag.SYN) !== 0;
      const edge = add(segment.ack, segment.window * (isSyn ? 1 : 2 ** c.sndScale));
      this.#offers.set(c, later(this.#offers.get(c) ?? offerOf(c), edge));
    }
  }

  /** A datagram was transmitted: its window must not take back what was promised, and must be honoured. */
  transmitted(datagram: Uint8Array): void {
    const { tcp, mtu } = this.#stack;
    assert.ok(datagram.length <= mtu, `a datagram of ${datagram.length} octets exceeds the MTU`);
    const ip = parseIpv4(datagram, fail)!;
    const segment = segmentIn(ip, fail);
    if (!segment || segment.flags & Flag.RST || !(segment.flags & Flag.ACK)) return;
    const isSyn = (segment.flags & Flag.SYN) !== 0;
    for (const c of tcp.table.all()) {
      if (c.localPort !== segment.sourcePort || c.remotePort !== segment.destinationPort) continue;
      if (c.remoteAddress === ip.destination)
        this.#checkAdvertised(c, segment.ack, segment.window * (isSyn ? 1 : 2 ** c.rcvScale));
    }
  }

  #checkAdvertised(c: Connection, ack: number, window: number): void {
    const past = this.#pasts.get(c);
    if (!past) return;
    const edge = add(ack, window);
    // Shown in units, the same edge may seem to move by less than one (RFC 7323 §2.4).
    const slack = 2 ** c.rcvScale - 1;
    if (past.advertised !== undefined)
      holds(distance(past.advertised, edge) >= -slack, c, 'the advertised right edge moved left');
    holds(!before(add(c.rcvNxt, receiveWindow(c)), edge), c, 'less is accepted than was advertised');
    past.advertised = past.advertised === undefined ? edge : later(past.advertised, edge);
  }

  #checkConnection(c: Connection): void {
    holds(c.state !== 'CLOSED', c, 'CLOSED is not in the table');
    this.#checkProgress(c);
    checkState(c);
    checkSendBuffer(c);
    if (c.flight) checkFlight(c, c.flight);
    else holds(c.sndUna === c.sndNxt, c, 'something is in flight without a record');
    if (c.receiveBuffer) checkReceiveBuffer(c, c.receiveBuffer);
    if (!isOpening(c.state)) holds(c.cwnd >= c.sndMss, c, `cwnd ${c.cwnd} is below a segment of ${c.sndMss}`);
    checkPatience(c);
  }

  #checkProgress(c: Connection): void {
    const past = this.#pasts.get(c);
    const isNew = past === undefined || (isOpening(c.state) && past.offered === undefined);
    if (past) {
      holds(!before(c.sndUna, past.sndUna), c, 'SND.UNA went back');
      holds(!before(c.sndNxt, past.sndNxt), c, 'SND.NXT went back');
    }
    if (past?.offered !== undefined) {
      holds(!before(c.rcvNxt, past.rcvNxt), c, 'RCV.NXT went back');
      holds(!before(c.rcvEdge, past.rcvEdge), c, 'the promised right edge moved left');
    }
    holds(!before(c.sndNxt, c.sndUna), c, 'SND.UNA is beyond SND.NXT');
    const offer = offerOf(c);
    const offered = isOpening(c.state) ? undefined : later(past?.offered ?? offer, offer);
    const most = offered ?? c.sndUna;
    // An octet more: SYN, FIN, or a probe of a closed window.
    holds(distance(most, c.sndNxt) <= 1, c, 'more was sent than the peer ever offered room for');
    const seen = this.#offers.get(c);
    if (seen !== undefined && !isOpening(c.state))
      holds(
        distance(seen, c.sndNxt) <= 1,
        c,
        "SND.UNA moved, and the window with it, beyond the peer's edge",
      );
    const { rcvNxt, rcvEdge, sndUna, sndNxt } = c;
    if (isNew) this.#pasts.set(c, { rcvNxt, rcvEdge, sndUna, sndNxt, offered, advertised: undefined });
    else Object.assign(past, { rcvNxt, rcvEdge, sndUna, sndNxt, offered });
  }
}

/** What a connection takes for its peer's edge: all that is known of one that has been at rest, as a row. */
const offerOf = (c: Connection): number => add(c.sndUna, c.sndWnd);

const FIN_SENT = new Set<State>(['FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSING', 'LAST-ACK', 'TIME-WAIT']);
const FIN_RECEIVED = new Set<State>(['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT']);

function checkState(c: Connection): void {
  holds(!c.finSent || FIN_SENT.has(c.state), c, `FIN was sent in ${c.state}`);
  holds(!c.finSent || c.finQueued, c, 'FIN was sent without CLOSE');
  holds(c.finReceived === FIN_RECEIVED.has(c.state), c, `finReceived is ${c.finReceived} in ${c.state}`);
  if (c.state === 'FIN-WAIT-2' || c.state === 'TIME-WAIT') {
    holds(c.flight === undefined, c, `something is in flight in ${c.state}`);
    holds(c.quietAt !== Infinity, c, `${c.state} does not end`);
  }
}

function checkSendBuffer(c: Connection): void {
  const length = c.sendBuffer?.length ?? 0;
  const inFlight = Math.max(0, distance(c.textUna, c.sndNxt));
  holds(c.sendBuffer === undefined || length > 0, c, 'an empty send buffer is kept');
  holds(length <= c.tcp.settings.sendBuffer, c, `the send buffer holds ${length} octets`);
  if (!c.finSent) holds(length >= inFlight, c, 'less is kept than is in flight');
  else holds(length === Math.max(0, inFlight - 1), c, `${length} octets are kept, ${inFlight} in flight`);
  holds(c.unsent >= 0, c, 'a negative number of octets is unsent');
}

function checkFlight(c: Connection, flight: Flight): void {
  let [pipe, lost, sacked] = [0, 0, 0];
  let next = c.sndUna;
  for (const sent of flight.sent) {
    holds(sent.seq === next, c, 'the records in flight are not contiguous');
    holds(before(sent.seq, sent.end), c, 'a record in flight is empty');
    holds(!(sent.lost && sent.sacked), c, 'a record is both lost and sacked');
    next = sent.end;
    if (sent.sacked) sacked++;
    else if (sent.lost) lost++;
    else pipe += distance(sent.seq, sent.end);
  }
  holds(next === c.sndNxt, c, 'the records in flight do not reach SND.NXT');
  holds(flight.sent.length > 0, c, 'a record of nothing in flight is kept');
  holds(flight.pipe === pipe, c, `pipe is ${flight.pipe}, counted ${pipe}`);
  holds(flight.lostCount === lost, c, `lostCount is ${flight.lostCount}, counted ${lost}`);
  holds(flight.sackedCount === sacked, c, `sackedCount is ${flight.sackedCount}, counted ${sacked}`);
}

function checkReceiveBuffer(c: Connection, buffer: ReceiveBuffer): void {
  const slack = 2 ** c.rcvScale - 1;
  const edge = add(c.rcvNxt, receiveWindow(c));
  holds(!buffer.empty, c, 'an empty receive buffer is kept');
  holds(buffer.readable <= c.tcp.settings.receiveBuffer + slack, c, `${buffer.readable} octets are unread`);
  holds(buffer.ranges.length <= MOST_RANGES, c, `${buffer.ranges.length} ranges are kept`);
  let end = c.rcvNxt;
  for (const range of buffer.ranges) {
    holds(before(end, range.start), c, 'the ranges received are not apart');
    holds(before(range.start, range.end), c, 'a range received is empty');
    end = range.end;
  }
  holds(!before(edge, end), c, 'text beyond the window was kept');
  if (buffer.finSeq !== undefined) holds(!before(buffer.finSeq, end), c, 'FIN stands before text');
}

/** Nobody waits for ever: what is unsent or unacknowledged has a turn to come, or a deadline. */
function checkPatience(c: Connection): void {
  const { flight } = c;
  holds(!c.ackNow || c.inAckQueue, c, 'an acknowledgment is due and has no turn');
  const waits = flight !== undefined || c.unsent > 0 || (c.finQueued && !c.finSent) || isOpening(c.state);
  if (!waits || c.inTextQueue) return;
  const own = Math.min(c.persistAt, flight?.rtoAt ?? Infinity, flight?.probeAt ?? Infinity);
  holds(own !== Infinity, c, 'something waits to be sent or acknowledged, and no deadline is set');
}

function holds(condition: boolean, c: Connection, what: string): void {
  if (condition) return;
  assert.fail(`${what} (${c.state}, port ${c.localPort} to ${c.remotePort})`);
}

function fail(reason: string): never {
  assert.fail(`a datagram that was sent is malformed: ${reason}`);
}

function ignore(): undefined {
  return undefined;
}
