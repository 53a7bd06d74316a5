import { type Segment, segmentLength } from '../wire/tcp.ts';
import { enterFastRecovery, halveWindow, openWindow } from './congestion.ts';
import { type Connection, Notice } from './connection.ts';
import type { Flight, Sent } from './flight.ts';
import { detectLosses, noteDelivered, noteDsack } from './loss.ts';
import { sampleRtt } from './rtt.ts';
import { add, atMost, before, distance, later } from './seq.ts';
import { isOpening } from './state.ts';
import { armRetransmission } from './timers.ts';
import { congestionRoom } from './transmit.ts';

const NO_BLOCKS: readonly number[] = [];

/**
 * Takes in an acknowledgment with SND.UNA ≤ SEG.ACK ≤ SND.NXT (RFC 9293 §3.10.7.4, fifth): what was
 * delivered, what was lost, how far the windows are open now.
 */
export function takeAcknowledgment(c: Connection, segment: Segment): void {
  const windowChanged = updateSendWindow(c, segment);
  // It keeps us waiting, but it answers: for as long as somebody here waits for it (RFC 9293 §3.8.6.1, RFC 6429 §3).
  if (c.sndWnd === 0 && !c.detached) c.unansweredSince = c.tcp.now;
  const { flight } = c;
  const acked = distance(c.sndUna, segment.ack);
  // RFC 5681 §2; what answers a probe of a closed window tells of no loss.
  const isDuplicate = acked === 0 && segmentLength(segment) === 0 && !windowChanged && c.sndWnd > 0;
  if (!flight) return endTailProbe(c, segment, isDuplicate);
  const limited = congestionRoom(c) < c.sndMss;
  const delivered = takeDelivered(c, flight, segment);
  if (acked > 0) advance(c, flight, segment.ack, delivered.length);
  else if (isDuplicate) flight.dupAcks++;
  if (isSpuriousTimeout(c, flight, delivered)) undoTimeout(c, flight);
  else if (acked > 0 && flight.awaitsProgress) askByNewText(c, flight);
  // The acknowledgment that ends a recovery still counts as part of it (RFC 3465 §2.3, RFC 6582 §3.2).
  if (acked > 0 && flight.recovery !== 'fast') openWindow(c, acked, limited);
  endRecovery(c, flight);
  endTailProbe(c, segment, isDuplicate);
  if (detectLosses(c, flight, acked > 0) && flight.recovery === 'none') enterFastRecovery(c, flight);
  if (flight.sent.length === 0) c.flight = undefined;
  armRetransmission(c, acked > 0);
}

/**
 * SND.WND from the newest segment (RFC 9293 §3.10.7.4, fifth). One that acknowledges more than any before
 * is the newest even if it repeats old text: SND.UNA would else carry the window beyond what was offered.
 *
 * @returns whether it changed
 */
function updateSendWindow(c: Connection, segment: Segment): boolean {
  if (isOpening(c.state)) return false;
  const isNewer =
    before(c.sndUna, segment.ack) ||
    before(c.sndWl1, segment.seq) ||
    (c.sndWl1 === segment.seq && atMost(c.sndWl2, segment.ack));
  if (!isNewer || before(segment.ack, c.sndUna)) return false;
  const window = segment.window << c.sndScale;
  const changed = window !== c.sndWnd;
  if (c.sndWnd === 0 && window > 0) windowOpened(c);
  c.sndWnd = window;
  c.maxSndWnd = Math.max(c.maxSndWnd, window);
  c.sndWl1 = later(c.sndWl1, segment.seq);
  c.sndWl2 = segment.ack;
  return changed;
}

/** What went into a closed window was refused: it goes again. */
function windowOpened(c: Connection): void {
  c.backoff = 0;
  c.persistAt = Number.POSITIVE_INFINITY;
  c.probeDue = 'none';
  for (const sent of c.flight?.sent ?? []) c.flight!.markLost(sent);
}

/** Removes or marks what the segment acknowledges; returns what it newly delivers. */
function takeDelivered(c: Connection, flight: Flight, segment: Segment): Sent[] {
  const delivered = flight.acknowledge(segment.ack);
  const blocks = (c.sackPermitted && segment.options.sack) || NO_BLOCKS;
  for (let i = 0; i + 1 < blocks.length; i += 2) {
    const [start, end] = [blocks[i]!, blocks[i + 1]!];
    if (i === 0 && isDsack(blocks, segment.ack)) noteDsack(c, flight);
    else if (!before(start, segment.ack) && before(start, end) && atMost(end, c.sndNxt)) {
      takeSack(flight, start, end, delivered);
    }
  }
  noteDelivered(c, flight, delivered);
  sampleNewest(c, delivered);
  return delivered;
}

function takeSack(flight: Flight, start: number, end: number, delivered: Sent[]): void {
  for (const sent of flight.sent) {
    if (sent.sacked || before(sent.seq, start) || before(end, sent.end)) continue;
    flight.markSacked(sent);
    delivered.push(sent);
  }
}

/** The first block reports a duplicate if it lies below the acknowledgment or inside the second block (RFC 2883 §4). */
function isDsack(blocks: readonly number[], ack: number): boolean {
  const [start, end, outerStart, outerEnd] = blocks as readonly [number, number, number?, number?];
  if (atMost(end, ack)) return true;
  return outerStart !== undefined && atMost(outerStart, start) && atMost(end, outerEnd!);
}

/**
 * The round-trip time of the segment sent last, if it was sent once (Karn; RFC 6298 §3). Where that one
 * was repeated, it is what the peer answers: the others may have arrived long ago.
 */
function sampleNewest(c: Connection, delivered: Sent[]): void {
  let newest = delivered[0];
  for (const sent of delivered) if (sent.sentAt >= newest!.sentAt) newest = sent;
  if (newest && !newest.repeated) sampleRtt(c, c.tcp.now - newest.sentAt);
}

/** Moves SND.UNA; the text below it is forgotten and its room is the application's again. */
function advance(c: Connection, flight: Flight, ack: number, segments: number): void {
  if (c.sendBuffer) {
    const text = Math.min(distance(c.textUna, ack), c.sendBuffer.length);
    if (text > 0) c.sendBuffer.acknowledge(text);
    if (c.sendBuffer.length === 0) c.sendBuffer = undefined;
    c.notify(Notice.WRITABLE);
  }
  c.sndUna = ack;
  if (flight.recovery === 'none') c.recover = add(ack, -1); // kept near, or the wrap would make it seem to lie ahead
  c.unansweredSince = c.tcp.now;
  // Karn keeps the backoff until a fresh sample; on a lossy line that may take minutes. One doubling is kept.
  c.backoff = Math.min(c.backoff, 1);
  // A partial acknowledgment without SACK: the duplicates stand for segments that left (RFC 6582 §3.2).
  flight.dupAcks = flight.recovery === 'fast' ? Math.max(0, flight.dupAcks - segments + 1) : 0;
}

/**
 * After a timeout, the acknowledgment of a segment that was not sent again shows that the original
 * arrived (F-RTO with SACK, RFC 5682 §3.1): had it been lost, it would still be missing.
 */
function isSpuriousTimeout(c: Connection, flight: Flight, delivered: Sent[]): boolean {
  if (flight.recovery !== 'timeout' || !flight.undo || !c.sackPermitted) return false;
  return delivered.some((sent) => !sent.repeated && before(sent.seq, c.recover));
}

/**
 * The first progress after a timeout does not tell which copy of the segment arrived. Two new segments go
 * next, before more is repeated, and what is acknowledged then decides (F-RTO, RFC 5682 §3.1 step 2).
 */
function askByNewText(c: Connection, flight: Flight): void {
  flight.awaitsProgress = false;
  const isWhole = !before(c.sndUna, c.recover);
  if (flight.recovery === 'timeout' && flight.undo && c.sackPermitted && !isWhole) flight.newTextFirst = 2;
}

function undoTimeout(c: Connection, flight: Flight): void {
  c.cwnd = Math.max(c.cwnd, flight.undo!.cwnd);
  c.ssthresh = flight.undo!.ssthresh;
  flight.forgetLosses();
  flight.recovery = 'none';
  flight.undo = undefined;
  flight.newTextFirst = 0;
  c.tcp.counters.spuriousTimeouts++;
}

function endRecovery(c: Connection, flight: Flight): void {
  if (flight.recovery === 'none' || before(c.sndUna, c.recover)) return;
  if (flight.recovery === 'fast') c.cwnd = c.ssthresh;
  flight.recovery = 'none';
  flight.undo = undefined;
  flight.dupAcks = 0;
  if (flight.reorderPersist > 0 && --flight.reorderPersist === 0) flight.reorderWindows = 1;
}

/**
 * What became of a tail loss probe (RFC 8985 §7.4.2). If it repeated a segment that had arrived, the peer
 * says so by a duplicate; if the peer goes on without, the probe filled a hole that nothing else showed:
 * as much a loss as any other.
 */
function endTailProbe(c: Connection, segment: Segment, isDuplicate: boolean): void {
  const probe = c.tailProbe;
  if (!probe || before(segment.ack, probe.end)) return;
  const blocks = segment.options.sack ?? NO_BLOCKS;
  const isReported = blocks[1] === probe.end && isDsack(blocks, segment.ack);
  const isPassed = before(probe.end, segment.ack);
  const isKnown = isPassed || isReported || (isDuplicate && blocks.length === 0);
  if (probe.repeats && !isKnown) return;
  c.tailProbe = undefined;
  const isInRecovery = c.flight !== undefined && c.flight.recovery !== 'none';
  if (probe.repeats && isPassed && !isReported && !isInRecovery) halveWindow(c);
}
