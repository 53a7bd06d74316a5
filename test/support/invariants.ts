import assert from 'node:assert/strict';
import type { Stack } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Flight } from '../../src/tcp/flight.ts';
import { before, distance } from '../../src/tcp/seq.ts';
import { isOpening } from '../../src/tcp/state.ts';
import { deadlineOf } from '../../src/tcp/timers.ts';

/** What must hold for a stack between any two events. */
export class Invariants {
  readonly #stack: Stack;
  /** RCV.NXT and the promised right edge as they were last. */
  readonly #receive = new WeakMap<Connection, { next: number; edge: number }>();

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  check(): void {
    const { tcp } = this.#stack;
    let count = 0;
    let earliest = Number.POSITIVE_INFINITY;
    for (const c of tcp.connections()) {
      count++;
      earliest = Math.min(earliest, deadlineOf(c));
      this.#checkReceive(c);
      checkSend(c);
      checkLiveness(c);
    }
    assert.equal(tcp.connectionCount, count, 'connections counted');
    assert.equal(tcp.deadline(), earliest, 'the earliest deadline');
  }

  #checkReceive(c: Connection): void {
    const last = this.#receive.get(c);
    if (last) {
      assert.ok(!before(c.rcvNxt, last.next), 'RCV.NXT never goes back');
      assert.ok(!before(c.rcvEdge, last.edge), 'the promised right edge never moves left');
    }
    if (!isOpening(c.state)) this.#receive.set(c, { next: c.rcvNxt, edge: c.rcvEdge });
    const buffer = c.receiveBuffer;
    if (!buffer) return;
    assert.ok(!buffer.empty, 'a receive buffer exists only while it holds something');
    assert.ok(
      buffer.readable <= c.tcp.settings.receiveBuffer + 2 ** c.rcvScale,
      'text within the receive buffer',
    );
    assert.ok(buffer.ranges.length <= 128, 'gaps within their bound');
  }
}

function checkSend(c: Connection): void {
  const inFlight = distance(c.sndUna, c.sndNxt);
  assert.ok(inFlight >= 0, 'SND.UNA ≤ SND.NXT');
  // A probe may lie one octet beyond the window.
  assert.ok(inFlight <= Math.max(c.maxSndWnd, 0) + 1, 'SND.NXT within the largest window');
  assert.ok(isOpening(c.state) || c.cwnd > 0, 'a congestion window');
  assert.ok((c.sendBuffer?.length ?? 1) > 0, 'a send buffer exists only while it holds something');
  assert.ok((c.sendBuffer?.length ?? 0) <= c.tcp.settings.sendBuffer, 'text within the send buffer');
  assert.equal(c.flight !== undefined, inFlight > 0, 'a flight exists only while something is in flight');
  if (c.flight) checkFlight(c, c.flight);
}

function checkFlight(c: Connection, flight: Flight): void {
  let [pipe, lost, sacked, next] = [0, 0, 0, c.sndUna];
  for (const sent of flight.sent) {
    assert.equal(sent.seq, next, 'segments in flight lie side by side');
    assert.ok(before(sent.seq, sent.end), 'no segment in flight is empty');
    next = sent.end;
    if (sent.lost) lost++;
    if (sent.sacked) sacked++;
    if (!sent.lost && !sent.sacked) pipe += distance(sent.seq, sent.end);
    assert.ok(!(sent.lost && sent.sacked), 'what was sacked is not lost');
  }
  assert.equal(next, c.sndNxt, 'the flight reaches to SND.NXT');
  assert.deepEqual(
    { pipe: flight.pipe, lost: flight.lostCount, sacked: flight.sackedCount },
    { pipe, lost, sacked },
    'the scoreboard agrees with its segments',
  );
}

/** Nothing waits for ever: what is not acknowledged has a deadline or a turn, and so has what waits to be sent. */
function checkLiveness(c: Connection): void {
  const { flight } = c;
  const isWatched =
    c.inTextQueue ||
    c.persistAt < Number.POSITIVE_INFINITY ||
    (flight !== undefined &&
      Math.min(flight.rtoAt, flight.probeAt, flight.reorderAt) < Number.POSITIVE_INFINITY);
  const isWaiting = flight !== undefined || isOpening(c.state) || c.unsent > 0 || (c.finQueued && !c.finSent);
  assert.ok(!isWaiting || isWatched, `${c.state} waits without a deadline`);
  assert.ok(!c.ackNow || c.inAckQueue, 'an acknowledgment that is due has its turn');
  const closes = ['FIN-WAIT-2', 'TIME-WAIT'].includes(c.state);
  assert.ok(!closes || c.quietAt < Number.POSITIVE_INFINITY, `${c.state} ends`);
}
