import type { Connection } from './connection.ts';
import type { Flight } from './flight.ts';
import { distance } from './seq.ts';

/** RFC 6928 §2: ten segments, of at most 14,600 bytes in all. */
export function initialWindow(mss: number): number {
  return Math.min(10 * mss, Math.max(2 * mss, 14_600));
}

/**
 * Opens the congestion window for `acked` octets: slow start, then one segment a round trip
 * (RFC 5681 §3.1), counted in bytes so that split acknowledgments gain nothing (RFC 3465).
 *
 * @param limited whether the window, not the application or the line, held sending back: an unused
 *   window says nothing about the path (RFC 7661 §4)
 */
export function openWindow(c: Connection, acked: number, limited: boolean): void {
  if (!limited) return;
  if (c.cwnd < c.ssthresh) {
    const most = c.flight?.recovery === 'timeout' ? c.sndMss : 2 * c.sndMss; // RFC 3465 §2.3
    c.cwnd += Math.min(acked, most);
    return;
  }
  c.cwndAcked += acked;
  if (c.cwndAcked >= c.cwnd) {
    c.cwndAcked -= c.cwnd;
    c.cwnd += c.sndMss;
  }
}

/** Half of `flightSize` octets, at least two segments (RFC 5681 §3.1, equation 4). */
function halveThreshold(c: Connection, flightSize: number): void {
  c.ssthresh = Math.max(Math.floor(flightSize / 2), 2 * c.sndMss);
  c.cwndAcked = 0;
}

/** Begins fast recovery (RFC 6675 §5): the window halves once for all losses up to SND.NXT. */
export function enterFastRecovery(c: Connection, flight: Flight): void {
  flight.recovery = 'fast';
  flight.repeatAtOnce = true;
  c.recover = c.sndNxt;
  // What limited transmit sent beyond the window does not count (RFC 5681 §3.2, step 2).
  halveThreshold(c, Math.min(distance(c.sndUna, c.sndNxt), c.cwnd));
  c.cwnd = c.ssthresh;
  c.tcp.counters.fastRecoveries++;
}

/** Answers a loss that was repaired before it was found: a recovery that is over at once. */
export function halveWindow(c: Connection): void {
  halveThreshold(c, c.cwnd);
  c.cwnd = c.ssthresh;
  c.tcp.counters.fastRecoveries++;
}

/** After a timeout: one segment, and slow start from there (RFC 5681 §3.1); repeated timeouts halve only once. */
export function enterTimeoutRecovery(c: Connection, flight: Flight): void {
  if (flight.recovery !== 'timeout') {
    flight.undo = { cwnd: c.cwnd, ssthresh: c.ssthresh };
    halveThreshold(c, distance(c.sndUna, c.sndNxt));
  } else {
    flight.undo = undefined;
  }
  flight.recovery = 'timeout';
  flight.newTextFirst = 0;
  flight.awaitsProgress = true;
  c.recover = c.sndNxt;
  c.cwnd = c.sndMss;
}

/** A connection that was silent for longer than an RTO starts again from the initial window (RFC 5681 §4.1). */
export function restartAfterIdle(c: Connection): void {
  c.cwnd = Math.min(c.cwnd, initialWindow(c.sndMss));
}
