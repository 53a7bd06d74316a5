import { enterFastRecovery, enterTimeoutRecovery } from './congestion.ts';
import type { Connection } from './connection.ts';
import type { Flight } from './flight.ts';
import { detectLosses } from './loss.ts';
import { retransmissionTimeout } from './rtt.ts';
import { before, distance } from './seq.ts';
import { DEFAULT_MSS, PEER_ACK_DELAY } from './settings.ts';
import { isOpening } from './state.ts';

const OFF = Number.POSITIVE_INFINITY;
/** Timeouts in a row, without progress, that make the size of the segments suspect. */
const BLACK_HOLE_TIMEOUTS = 6;
/** A deadline that the user asked for between two calls, when the time is not known: it starts as soon as that is. */
export const TO_BE_STARTED = Number.NEGATIVE_INFINITY;
/** Probes of a silent peer before the connection is given up (RFC 9293 §3.8.4), */
const KEEP_ALIVE_PROBES = 9;
/** and the most between two of them, ms. */
const PROBE_INTERVAL = 75_000;

/** When `c` next has something to do by itself; Infinity if never. */
export function deadlineOf(c: Connection): number {
  const { flight } = c;
  const own = Math.min(c.ackAt, c.persistAt, c.quietAt);
  return flight ? Math.min(own, flight.rtoAt, flight.probeAt, flight.reorderAt) : own;
}

/** Does what is due. Expiry only marks; the next turn to transmit acts. */
export function expireConnection(c: Connection): void {
  const { now } = c.tcp;
  if (c.ackAt <= now) {
    c.ackAt = OFF;
    c.ackNow = true;
  }
  if (c.persistAt <= now) persistExpired(c);
  if (c.flight && c.flight.reorderAt <= now) reorderExpired(c, c.flight);
  if (c.flight && c.flight.probeAt <= now) {
    c.flight.probeAt = OFF;
    c.probeDue = 'tail';
  }
  if (c.flight && c.flight.rtoAt <= now) timeoutExpired(c, c.flight);
  if (c.quietAt === TO_BE_STARTED) startQuietTimer(c);
  else if (c.quietAt <= now) quietExpired(c);
}

/**
 * Sets the deadlines that what is in flight calls for.
 *
 * @param restart whether new text was acknowledged or repeated: the RTO starts over (RFC 6298 §5.3, §5.6)
 */
export function armRetransmission(c: Connection, restart: boolean): void {
  const { flight } = c;
  if (!flight) return;
  if (c.sndWnd > 0 || isOpening(c.state)) {
    c.persistAt = OFF;
    if (restart || flight.rtoAt === OFF) startRto(c, flight);
    armTailProbe(c, flight);
  } else {
    flight.rtoAt = flight.probeAt = flight.reorderAt = OFF;
    startPersist(c);
  }
}

/** Sets the deadline for a probe if something waits for the window, and nothing in flight will make the peer speak. */
export function waitForWindow(c: Connection): void {
  if (c.flight) return;
  const isWaiting = !isOpening(c.state) && (c.unsent > 0 || (c.finQueued && !c.finSent));
  if (isWaiting) startPersist(c);
  else c.persistAt = OFF;
}

/**
 * The deadline of states in which nothing of ours is in flight: TIME-WAIT, FIN-WAIT-2, and keep-alive. And
 * that of SYN-SENT, which holds even while the line cannot carry the SYN.
 */
export function startQuietTimer(c: Connection): void {
  c.quietAt = Math.ceil(c.tcp.now + quietTime(c));
}

/** For how long the peer of a quiet connection has been silent, ms. */
export function silenceOf(c: Connection): number {
  return c.keepAliveProbes > 0 ? OFF : c.tcp.now - (c.quietAt - quietTime(c));
}

function quietTime(c: Connection): number {
  const { timeWait, finWait2 } = c.tcp.settings;
  if (c.state === 'TIME-WAIT') return timeWait;
  if (c.state === 'SYN-SENT') return c.openTimeout;
  if (c.state === 'FIN-WAIT-2' && c.detached) return finWait2;
  const idleTime = timeBeforeProbes(c);
  return c.keepAliveProbes > 0 ? Math.min(idleTime, PROBE_INTERVAL) : idleTime;
}

/**
 * How long a peer may be silent. In FIN-WAIT-2 one that is gone would never be found out by what is sent, so that
 * it is probed though nobody asked for that.
 */
function timeBeforeProbes(c: Connection): number {
  if (c.state === 'FIN-WAIT-2') return c.keepAlive || c.tcp.settings.userTimeout;
  const isOpen = c.state === 'ESTABLISHED' || c.state === 'CLOSE-WAIT';
  return isOpen && c.keepAlive > 0 ? c.keepAlive : OFF;
}

function startPersist(c: Connection): void {
  if (c.persistAt !== OFF) return;
  if (!c.flight) c.unansweredSince = c.tcp.now;
  c.persistAt = afterTimeout(c);
}

function startRto(c: Connection, flight: Flight): void {
  flight.rtoAt = isUnproved(c) && c.backoff > 0 ? endOfPatience(c) : afterTimeout(c);
}

/**
 * An address that has only sent a SYN may be forged, and a SYN-ACK is longer than the least SYN: one
 * is repeated by itself, and from then on one for each SYN that comes again, so that no more than three
 * times the bytes go there.
 */
function isUnproved(c: Connection): boolean {
  return c.state === 'SYN-RECEIVED' && c.listener !== undefined;
}

/** After an RTO, or when the user's patience ends. */
function afterTimeout(c: Connection): number {
  return Math.ceil(Math.min(c.tcp.now + retransmissionTimeout(c), endOfPatience(c)));
}

function endOfPatience(c: Connection): number {
  return Math.ceil(c.unansweredSince + c.tcp.settings.userTimeout);
}

/**
 * A probe of the tail before the RTO (RFC 8985 §7.2): nothing may be known to be lost, and one probe
 * is enough at a time. The line's own time comes on top, for the round trip may have been measured with
 * small datagrams.
 */
function armTailProbe(c: Connection, flight: Flight): void {
  flight.probeAt = OFF;
  const isProbed = c.tailProbe !== undefined && before(c.sndUna, c.tailProbe.end);
  const isQuiet = flight.recovery === 'none' && flight.sackedCount === 0 && !isProbed;
  if (!c.sackPermitted || !isQuiet || c.srtt === 0 || isOpening(c.state) || flight.sent.length === 0) return;
  const delayed = flight.sent.length === 1 ? PEER_ACK_DELAY : 0;
  const timeout = Math.max(2, (2 * c.srtt) / 1000) + c.tcp.settings.lineTime + delayed;
  const at = Math.ceil(c.tcp.now + timeout);
  if (at < flight.rtoAt) flight.probeAt = at;
}

function timeoutExpired(c: Connection, flight: Flight): void {
  const { tcp } = c;
  if (hasNoPatience(c)) return giveUp(c);
  tcp.counters.timeouts++;
  flight.rtoAt = flight.probeAt = flight.reorderAt = OFF;
  c.backoff++;
  if (asksFirst(c)) {
    c.probeDue = 'tail';
    return;
  }
  escapeBlackHole(c, flight);
  if (isOpening(c.state)) c.synRepeated = true;
  else enterTimeoutRecovery(c, flight);
  // A sacked segment at the head means that the peer threw away what it had sacked (RFC 2018 §8).
  if (flight.sent[0]?.sacked) {
    flight.forgetSacks();
    flight.undo = undefined;
  }
  flight.dupAcks = 0;
  c.tailProbe = undefined;
  c.probeDue = 'none';
  flight.repeatAtOnce = true;
  for (const sent of flight.sent) flight.markLost(sent);
}

/**
 * While others wait for the line, a page is not repeated on suspicion: what is lost then are acknowledgments. Its
 * FIN alone makes the peer say what it lacks, if it can.
 */
function asksFirst(c: Connection): boolean {
  return c.finSent && c.sackPermitted && c.tcp.handshakes.areWaiting;
}

/**
 * A path may swallow large datagrams without a word (RFC 2923 §2.1). After so many timeouts in a row the
 * segments become as small as any host takes, which RFC 4821 §7.7 leaves to the sender.
 */
function escapeBlackHole(c: Connection, flight: Flight): void {
  const [first] = flight.sent;
  if (c.backoff < BLACK_HOLE_TIMEOUTS || !first || distance(first.seq, first.end) <= DEFAULT_MSS) return;
  c.sndMss = Math.min(c.sndMss, DEFAULT_MSS);
  c.tcp.counters.blackHoles++;
}

function reorderExpired(c: Connection, flight: Flight): void {
  if (detectLosses(c, flight, false) && flight.recovery === 'none') enterFastRecovery(c, flight);
}

/** A closed window is probed for as long as the peer answers (RFC 9293 §3.8.6.1, MUST-37). */
function persistExpired(c: Connection): void {
  c.persistAt = OFF;
  if (hasNoPatience(c)) return giveUp(c);
  c.backoff++;
  c.probeDue = 'window';
}

function quietExpired(c: Connection): void {
  c.quietAt = OFF;
  if (c.state === 'TIME-WAIT') return c.tcp.forget(c);
  if (c.state === 'SYN-SENT') return giveUp(c);
  if (c.state === 'FIN-WAIT-2' && c.detached) return c.tcp.forget(c);
  // What is in flight, or probes the window, asks for an answer already, and has a patience of its own.
  if (!c.flight && c.probeDue === 'none') {
    if (c.keepAliveProbes++ >= KEEP_ALIVE_PROBES) return giveUp(c);
    c.probeDue = 'keep-alive';
  }
  startQuietTimer(c);
}

function hasNoPatience(c: Connection): boolean {
  return c.tcp.now >= c.unansweredSince + c.tcp.settings.userTimeout;
}

function giveUp(c: Connection): void {
  c.tcp.counters.connectionsTimedOut++;
  c.tcp.forget(c, c.unreachable ? 'EHOSTUNREACH' : 'ETIMEDOUT');
}
