import { Flag, type Segment, segmentLength } from '../wire/tcp.ts';
import { takeAcknowledgment } from './acknowledge.ts';
import type { Connection } from './connection.ts';
import { establish } from './open.ts';
import { isAcceptable } from './receive-window.ts';
import { add, atMost, before } from './seq.ts';
import { ON_FIN_ACKED } from './state.ts';
import { noteDuplicate, takeFin, takeText } from './text.ts';

/** @returns whether the segment is done with */
type Check = (c: Connection, segment: Segment) => boolean;

/** At most one challenge ACK in this time, ms, for each connection (RFC 5961 §7). */
const CHALLENGE_INTERVAL = 500;
/** A timestamp this old proves nothing any more (RFC 7323 §5.5), ms. */
const TIMESTAMP_LIFE = 24 * 24 * 3600 * 1000;

/** SEGMENT ARRIVES for a connection beyond SYN-SENT: the checks of RFC 9293 §3.10.7.4, in order. */
export function segmentArrives(c: Connection, segment: Segment): void {
  const isDone =
    checkTimestamp(c, segment) ||
    checkSequence(c, segment) ||
    checkReset(c, segment) ||
    checkSyn(c, segment) ||
    checkAck(c, segment);
  if (isDone) return;
  noteTimestamp(c, segment);
  takeTextAndFin(c, segment);
}

/** PAWS: an old duplicate from before the wrap is acknowledged and dropped (RFC 7323 §5.3). */
const checkTimestamp: Check = (c, segment) => {
  const { timestamps } = segment.options;
  if (!c.timestamps || !timestamps) return false;
  const isOld = before(timestamps.value, c.timestamps.recent);
  if (isOld && !(segment.flags & Flag.RST) && c.tcp.now - c.timestamps.recentAt < TIMESTAMP_LIFE) {
    c.ackNow = true;
    return refuse(c, 'tcp-paws');
  }
  return false;
};

/** First, the sequence number: some of the segment must lie in the window; all else is acknowledged and dropped. */
const checkSequence: Check = (c, segment) => {
  const isSyn = (segment.flags & (Flag.SYN | Flag.RST)) === Flag.SYN;
  if (c.state === 'SYN-RECEIVED' && isSyn && before(segment.seq, c.rcvNxt)) {
    if (!(segment.flags & Flag.ACK)) return repeatSynAck(c);
    stripSyn(c, segment);
  }
  const length = segmentLength(segment);
  if (isAcceptable(c, segment.seq, length)) return false;
  if (segment.flags & Flag.RST) return refuse(c, 'tcp-out-of-window');
  if (c.state === 'TIME-WAIT' && segment.flags & Flag.FIN) c.tcp.heard(c); // restarts 2 MSL
  const isOld = atMost(add(segment.seq, length), c.rcvNxt);
  if (isOld && segment.text.length > 0) noteDuplicate(c, segment.seq, add(segment.seq, segment.text.length));
  // Anything with sequence numbers, and a probe just before the window, is answered; the rest could be
  // an answer to our own answer, for ever.
  if (length > 0 || segment.seq === add(c.rcvNxt, -1)) c.ackNow = true;
  else challenge(c);
  // A closed window shuts out the text, not the acknowledgment (RFC 9293 §3.10.7.4, MUST-66).
  if (segment.seq === c.rcvNxt && segment.flags & Flag.ACK && c.state !== 'SYN-RECEIVED')
    acknowledgeOnly(c, segment);
  return refuse(c, isOld ? 'tcp-old-duplicate' : 'tcp-out-of-window');
};

/** Second, a reset: obeyed at RCV.NXT, challenged elsewhere in the window (RFC 5961 §3.2). */
const checkReset: Check = (c, segment) => {
  if (!(segment.flags & Flag.RST)) return false;
  if (c.state === 'TIME-WAIT') return refuse(c, 'tcp-reset-unexpected'); // RFC 1337: no assassination
  if (segment.seq !== c.rcvNxt) {
    challenge(c);
    return refuse(c, 'tcp-reset-challenged');
  }
  c.tcp.counters.resetsIn++;
  c.tcp.counters.connectionsReset++;
  // Both sides have closed; the user is told only if text of his is lost.
  const isOver = (c.state === 'CLOSING' || c.state === 'LAST-ACK') && !c.sendBuffer;
  c.tcp.forget(c, isOver ? undefined : c.state === 'SYN-RECEIVED' ? 'ECONNREFUSED' : 'ECONNRESET');
  return true;
};

/** Fourth, a SYN amidst a connection: challenged (RFC 5961 §4.2). A passive open that is not finished begins anew. */
const checkSyn: Check = (c, segment) => {
  if (!(segment.flags & Flag.SYN)) return false;
  if (c.state === 'SYN-RECEIVED' && c.listener) c.tcp.forget(c);
  else challenge(c);
  return refuse(c, 'tcp-syn-challenged');
};

/** Fifth, the acknowledgment: of something sent, and not older than the largest window (RFC 5961 §5.2). */
const checkAck: Check = (c, segment) => {
  if (!(segment.flags & Flag.ACK)) return refuse(c, 'tcp-no-ack');
  if (c.state === 'SYN-RECEIVED') return finishHandshake(c, segment);
  if (before(c.sndNxt, segment.ack) || before(segment.ack, add(c.sndUna, -c.maxSndWnd))) {
    challenge(c);
    return refuse(c, 'tcp-ack-unacceptable');
  }
  acknowledgeOnly(c, segment);
  return c.state === 'CLOSED';
};

/**
 * The timestamp to echo is that of the segment that the next acknowledgment is due to (RFC 7323 §4.3). Only
 * one that passed the other checks: a forged one in the future would have PAWS refuse all that follows.
 */
function noteTimestamp(c: Connection, segment: Segment): void {
  const { timestamps } = segment.options;
  if (c.timestamps && timestamps && atMost(segment.seq, c.lastAckSent))
    c.timestamps = { recent: timestamps.value, recentAt: c.tcp.now };
}

/** Seventh and eighth, the text and the FIN; behind the peer's FIN can be neither. */
function takeTextAndFin(c: Connection, segment: Segment): void {
  if (c.state !== 'TIME-WAIT') c.tcp.heard(c);
  if (c.finReceived && segmentLength(segment) > 0) return c.tcp.drop('tcp-text-after-fin');
  takeText(c, segment);
  if (c.state !== 'CLOSED') takeFin(c, segment, add(segment.seq, segment.text.length));
}

/** Takes in the acknowledgment, and what the end of our FIN means for the state. */
function acknowledgeOnly(c: Connection, segment: Segment): void {
  if (before(c.sndNxt, segment.ack) || before(segment.ack, c.sndUna)) return;
  takeAcknowledgment(c, segment);
  if (!c.finSent || c.sndUna !== c.sndNxt) return;
  const next = ON_FIN_ACKED[c.state];
  if (next === 'CLOSED') c.tcp.forget(c);
  else if (next) c.tcp.setState(c, next);
}

/**
 * SYN-RECEIVED: the acknowledgment of our SYN, or a reset for any other (RFC 9293 §3.10.7.4, fifth).
 *
 * @returns whether the segment is done with
 */
function finishHandshake(c: Connection, segment: Segment): boolean {
  if (!before(c.sndUna, segment.ack) || before(c.sndNxt, segment.ack)) {
    c.tcp.resetSegment(c.remoteAddress, segment);
    return refuse(c, 'tcp-ack-unacceptable');
  }
  takeAcknowledgment(c, segment);
  establish(c, segment.window << c.sndScale, segment);
  return false;
}

/** The peer's SYN once more: our SYN-ACK was lost. */
function repeatSynAck(c: Connection): true {
  const syn = c.flight?.sent[0];
  if (syn) c.flight!.markLost(syn);
  return refuse(c, 'tcp-old-duplicate');
}

/** Both ends opened at once, and this is the peer's SYN-ACK: what stands behind the SYN is looked at as usual. */
function stripSyn(c: Connection, segment: Segment): void {
  segment.seq = add(segment.seq, 1);
  segment.flags &= ~Flag.SYN;
  segment.window >>>= c.sndScale; // a SYN's window is not scaled, and what follows will scale it
}

/** Sends an acknowledgment that a blind attacker gains nothing from (RFC 5961), but not too many. */
function challenge(c: Connection): void {
  if (c.tcp.now - c.challengedAt < CHALLENGE_INTERVAL) return;
  c.challengedAt = c.tcp.now;
  c.ackNow = true;
  c.tcp.counters.challengeAcks++;
}

function refuse(c: Connection, reason: Parameters<Connection['tcp']['drop']>[0]): true {
  c.tcp.drop(reason);
  return true;
}
