import { Flag, type Segment } from '../wire/tcp.ts';
import { type Connection, Notice } from './connection.ts';
import { receiveWindow } from './receive-window.ts';
import { add, atMost, before, distance, earlier } from './seq.ts';
import { ON_FIN } from './state.ts';

/** Takes in the part of the text that lies in the window (RFC 9293 §3.10.7.4, seventh). */
export function takeText(c: Connection, segment: Segment): void {
  if (segment.text.length === 0) return;
  if (c.detached) {
    c.tcp.drop('tcp-text-after-close');
    return c.abort();
  }
  c.rcvMss = Math.max(c.rcvMss, Math.min(segment.text.length, c.tcp.settings.mss));
  const skipped = Math.max(0, distance(segment.seq, c.rcvNxt));
  if (skipped > 0) noteDuplicate(c, segment.seq, add(segment.seq, Math.min(skipped, segment.text.length)));
  const seq = add(segment.seq, skipped);
  const room = Math.max(0, distance(segment.seq, textEdge(c)));
  const isWhole = skipped === 0 && room >= segment.text.length;
  const text = isWhole ? segment.text : segment.text.subarray(skipped, room);
  if (text.length > 0) keepText(c, seq, text);
}

/** Where text ends that is taken: at the window's edge, or the peer's FIN, behind which nothing can stand. */
function textEdge(c: Connection): number {
  const edge = add(c.rcvNxt, receiveWindow(c));
  const finSeq = c.receiveBuffer?.finSeq;
  return finSeq === undefined ? edge : earlier(finSeq, edge);
}

function keepText(c: Connection, seq: number, text: Uint8Array): void {
  const buffer = c.bufferForText();
  const hadGaps = buffer.ranges.length > 0;
  if (isHeld(c, seq, text.length)) noteDuplicate(c, seq, add(seq, text.length));
  const grown = buffer.put(seq, text);
  if (grown === undefined) return c.tcp.drop('tcp-too-many-gaps');
  c.rcvNxt = add(c.rcvNxt, grown);
  c.tcp.counters.textOctetsIn += grown;
  if (grown > 0) c.notify(Notice.READABLE);
  // Out of order, or filling a gap: the sender is waiting to hear (RFC 5681 §4.2).
  if (grown === 0 || hadGaps) c.ackNow = true;
  else delayAcknowledgment(c);
}

/**
 * The FIN counts once all text before it is there (RFC 9293 §3.10.7.4, eighth). Ahead of a gap it is kept
 * as text is, or a lost last segment would cost two timeouts: its own, and then the FIN's.
 */
export function takeFin(c: Connection, segment: Segment, finSeq: number): void {
  const isAhead = before(c.rcvNxt, finSeq) && atMost(finSeq, add(c.rcvNxt, receiveWindow(c)));
  if (segment.flags & Flag.FIN && finSeq === c.rcvNxt) return finArrived(c);
  if (segment.flags & Flag.FIN && isAhead) {
    c.bufferForText().noteFin(finSeq);
    c.ackNow = true;
  }
  if (c.receiveBuffer?.finSeq === c.rcvNxt) finArrived(c);
}

function finArrived(c: Connection): void {
  c.finReceived = true;
  if (c.receiveBuffer) {
    c.receiveBuffer.endHere();
    if (c.receiveBuffer.empty) c.receiveBuffer = undefined;
  }
  c.rcvNxt = add(c.rcvNxt, 1);
  c.ackNow = true;
  c.tcp.setState(c, ON_FIN[c.state] ?? c.state);
  c.notify(Notice.READABLE);
}

/** Remembers a duplicate for the next acknowledgment to report (RFC 2883 §4). */
export function noteDuplicate(c: Connection, start: number, end: number): void {
  if (c.sackPermitted) c.duplicate = { start, end };
  c.ackNow = true;
}

function delayAcknowledgment(c: Connection): void {
  // At least every second full-sized segment (RFC 5681 §4.2).
  if (distance(c.lastAckSent, c.rcvNxt) >= 2 * c.rcvMss) c.ackNow = true;
  else c.ackAt = Math.min(c.ackAt, Math.ceil(c.tcp.now + c.tcp.settings.ackDelay));
}

/** Whether all of it lies in a range that was received before. */
function isHeld(c: Connection, seq: number, length: number): boolean {
  const end = add(seq, length);
  return c.receiveBuffer!.ranges.some((range) => atMost(range.start, seq) && atMost(end, range.end));
}
