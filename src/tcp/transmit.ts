import { newDatagram } from '../wire/bytes.ts';
import { IPV4_HEADER_LENGTH } from '../wire/ipv4.ts';
import { Flag, headerLengthWith, type TcpOptions } from '../wire/tcp.ts';
import { restartAfterIdle } from './congestion.ts';
import type { Connection } from './connection.ts';
import { finishDatagram } from './datagram.ts';
import { Flight, type Sent } from './flight.ts';
import { windowField } from './receive-window.ts';
import { retransmissionTimeout } from './rtt.ts';
import { add, distance } from './seq.ts';
import { DEFAULT_MSS } from './settings.ts';
import { isOpening, ON_FIN_SENT } from './state.ts';
import { armRetransmission } from './timers.ts';

/** Most blocks in a SACK option, and with timestamps beside it (RFC 2018 §3). */
const SACK_BLOCKS = 4;
const SACK_BLOCKS_WITH_TIMESTAMPS = 3;
/** Octets of a segment that blocks leave to the text, so that it moves on however small segments are. */
const LEAST_TEXT = 4;

/** Whether it is worth asking `nextText`: what holds it back then is a window, and waits for the peer. */
export function hasTextToSend(c: Connection): boolean {
  if (c.state === 'TIME-WAIT') return false;
  if (c.flight && lostToRepeat(c, c.flight)) return true;
  if (isOpening(c.state)) return c.flight === undefined;
  return c.probeDue !== 'none' || textToSend(c) !== undefined;
}

/** The next segment of `c` that occupies sequence numbers, or probes; undefined when it has to wait. */
export function nextText(c: Connection): Uint8Array | undefined {
  const lost = c.flight && lostToRepeat(c, c.flight);
  if (lost) return repeat(c, c.flight!, lost);
  if (isOpening(c.state)) return c.flight ? undefined : sendNew(c, Flag.SYN, 0);
  return probe(c) ?? sendText(c);
}

/** An acknowledgment alone. */
export function buildAcknowledgment(c: Connection): Uint8Array {
  return build(c, c.sndNxt, 0, 0);
}

/** Octets that the congestion window leaves room for, negative when it is overdrawn. */
export function congestionRoom(c: Connection): number {
  const { flight } = c;
  if (!flight) return c.cwnd;
  // Without SACK each duplicate acknowledgment stands for a segment that left the network (RFC 5681 §3.2);
  // after a timeout none of them is reckoned to be there any more.
  const isCounted = !c.sackPermitted && flight.recovery !== 'timeout';
  const departed = isCounted ? flight.dupAcks * c.sndMss : 0;
  return c.cwnd - Math.max(0, flight.pipe - departed);
}

function sendText(c: Connection): Uint8Array | undefined {
  const length = textToSend(c);
  return length === undefined ? undefined : sendNew(c, 0, length);
}

/**
 * How much new text to send in one segment: 0 for a FIN alone, undefined to wait. Silly windows are
 * avoided, and Nagle's algorithm applies (RFC 9293 §3.8.6.2.1, §3.7.4).
 */
function textToSend(c: Connection): number | undefined {
  const { unsent } = c;
  const usable = distance(c.sndNxt, add(c.sndUna, c.sndWnd));
  const finWaits = c.finQueued && !c.finSent;
  if (unsent === 0) return finWaits && usable > 0 ? 0 : undefined;
  const most = textRoom(c);
  const length = Math.min(unsent, most, usable);
  if (length <= 0) return undefined;
  if (c.flight && congestionRoom(c) < Math.min(unsent, most)) return undefined;
  const isWorthwhile =
    length === most ||
    (length === unsent && (c.noDelay || c.finQueued || c.flight === undefined)) ||
    2 * length >= c.maxSndWnd;
  return isWorthwhile ? length : undefined;
}

/** Probes outside the usual rules: one octet into a closed window, the tail once more, or a keep-alive. */
function probe(c: Connection): Uint8Array | undefined {
  const due = c.probeDue;
  c.probeDue = 'none';
  if (due === 'window') return probeWindow(c);
  if (due === 'tail' && c.flight) return probeTail(c, c.flight);
  // A sequence number that the peer has seen makes it answer (RFC 9293 §3.8.4).
  if (due === 'keep-alive' && !c.flight) return build(c, add(c.sndNxt, -1), 0, 0);
  return undefined;
}

/** As much as fits the window, at least one octet (RFC 9293 §3.8.6.1); FIN if no text is left. */
function probeWindow(c: Connection): Uint8Array | undefined {
  const isWaiting = c.flight !== undefined || c.unsent > 0 || (c.finQueued && !c.finSent);
  if (!isWaiting || textToSend(c) !== undefined) return undefined;
  c.tcp.counters.windowProbes++;
  const usable = Math.max(1, distance(c.sndNxt, add(c.sndUna, c.sndWnd)));
  if (!c.flight) return sendNew(c, 0, Math.min(c.unsent, usable, textRoom(c)));
  // What the closed window refused goes again, by one octet.
  const first = c.flight.sent[0]!;
  const isFin = c.finSent && first.seq === add(c.sndNxt, -1);
  const datagram = build(c, first.seq, isFin ? Flag.FIN : 0, isFin ? 0 : 1);
  c.flight.repeat(first, c.tcp.now); // or its acknowledgment would pass for a round trip (RFC 6298 §3)
  armRetransmission(c, false);
  return datagram;
}

/** New text if the peer's window allows, else the last segment again (RFC 8985 §7.3). */
function probeTail(c: Connection, flight: Flight): Uint8Array | undefined {
  const usable = distance(c.sndNxt, add(c.sndUna, c.sndWnd));
  const length = Math.min(c.unsent, usable, textRoom(c));
  const last = flight.sent.at(-1);
  if (!last) return undefined;
  c.tcp.counters.tailLossProbes++;
  const datagram = length > 0 ? sendNew(c, 0, length) : repeat(c, flight, tailToRepeat(c, flight, last));
  c.tailProbe = { end: c.sndNxt, repeats: length <= 0 };
  armRetransmission(c, true); // from here the timeout waits for the probe's answer
  return datagram;
}

/** While others wait for the line, a FIN alone asks as well whether all has arrived, and takes no page's time. */
function tailToRepeat(c: Connection, flight: Flight, last: Sent): Sent {
  const text = distance(last.seq, last.end) - 1;
  if (!c.finSent || text <= 0 || !c.tcp.handshakes.areWaiting) return last;
  flight.split(last, text);
  return flight.sent.at(-1)!;
}

/** The segment to be sent again next, once the windows allow it. */
function lostToRepeat(c: Connection, flight: Flight): Sent | undefined {
  const lost = flight.firstLost();
  if (!lost || (flight.newTextFirst > 0 && textToSend(c) !== undefined)) return undefined;
  if (!flight.repeatAtOnce && congestionRoom(c) < c.sndMss && flight.pipe > 0) return undefined;
  const usable = distance(lost.seq, add(c.sndUna, c.sndWnd));
  // The window may have shrunk since (RFC 9293 §3.8.6, SHLD-16): what lies beyond it waits.
  if (usable <= 0 && !isOpening(c.state)) return undefined;
  return lost;
}

/** Sends a segment again, or as much of it as fits if the path has become narrower. */
function repeat(c: Connection, flight: Flight, sent: Sent): Uint8Array {
  const most = textRoom(c);
  if (!isOpening(c.state) && distance(sent.seq, sent.end) > most) flight.split(sent, most);
  flight.repeatAtOnce = false;
  flight.repeat(sent, c.tcp.now);
  c.tcp.counters.retransmissions++;
  const datagram = buildSent(c, sent);
  c.tcp.admission.repeated(c, datagram.length);
  armRetransmission(c, flight.rtoAt === Number.POSITIVE_INFINITY || sent === flight.sent[0]);
  return datagram;
}

/** Sends `length` octets that were never sent, with SYN, or with FIN if it comes next. */
function sendNew(c: Connection, flag: number, length: number): Uint8Array {
  const { tcp } = c;
  if (!c.flight) {
    if (!isOpening(c.state) && tcp.now - c.sentAt > retransmissionTimeout(c)) restartAfterIdle(c);
    c.flight = new Flight(c.sndNxt);
    c.unansweredSince = tcp.now;
  }
  if (c.flight.newTextFirst > 0) c.flight.newTextFirst--;
  const start = c.sndNxt;
  const fits = length === 0 || distance(start, add(c.sndUna, c.sndWnd)) > length;
  const withFin = c.finQueued && flag === 0 && length === c.unsent && fits;
  c.sndNxt = add(start, length + (withFin || flag === Flag.SYN ? 1 : 0));
  c.sentAt = tcp.now;
  if (withFin) {
    c.finSent = true;
    tcp.setState(c, ON_FIN_SENT[c.state] ?? c.state);
  }
  c.flight.push(start, c.sndNxt, tcp.now);
  tcp.counters.textOctetsOut += length;
  const datagram = buildSent(c, c.flight.sent.at(-1)!);
  armRetransmission(c, false);
  return datagram;
}

function buildSent(c: Connection, sent: Sent): Uint8Array {
  if (isOpening(c.state)) return build(c, sent.seq, Flag.SYN, 0);
  const withFin = c.finSent && sent.end === c.sndNxt;
  return build(c, sent.seq, withFin ? Flag.FIN : 0, distance(sent.seq, sent.end) - (withFin ? 1 : 0));
}

/** Builds a segment in a buffer sized once, and notes that it acknowledges all that has arrived. */
function build(c: Connection, seq: number, flags: number, length: number): Uint8Array {
  const isSyn = (flags & Flag.SYN) !== 0;
  const options = isSyn ? synOptions(c) : currentOptions(c);
  const textAt = IPV4_HEADER_LENGTH + headerLengthWith(options);
  const datagram = newDatagram(textAt + length);
  const offset = distance(c.textUna, seq);
  if (length > 0) {
    c.sendBuffer!.copy(offset, length, datagram, textAt);
    if (offset + length === c.sendBuffer!.length) flags |= Flag.PSH;
  }
  const window = windowField(c, isSyn);
  if (c.state !== 'SYN-SENT') {
    flags |= Flag.ACK;
    noteAcknowledged(c);
  }
  const header = { seq, ack: c.state === 'SYN-SENT' ? 0 : c.rcvNxt, flags, window, options };
  finishDatagram(datagram, c.tcp, c, c.identification, header);
  c.identification = (c.identification + 1) & 0xffff;
  return datagram;
}

function noteAcknowledged(c: Connection): void {
  c.ackNow = false;
  c.ackAt = Number.POSITIVE_INFINITY;
  c.lastAckSent = c.rcvNxt;
  c.duplicate = undefined;
}

/**
 * Largest text of a segment. Half of a small window at most: two segments are then under way, and the
 * peer acknowledges the second at once (RFC 5681 §4.2) where it would keep us waiting for the only one.
 */
export function textRoom(c: Connection): number {
  const room = c.sndMss - (headerLengthWith(currentOptions(c)) - 20);
  return c.maxSndWnd > DEFAULT_MSS ? Math.min(room, c.maxSndWnd >> 1) : room;
}

/** An active open offers all; a passive one confirms what was offered. */
function synOptions(c: Connection): TcpOptions {
  const { settings } = c.tcp;
  const offers = c.state === 'SYN-SENT';
  const options: TcpOptions = { mss: settings.mss };
  if (offers || c.sndScale > 0 || c.rcvScale > 0) options.windowScale = c.rcvScale;
  if (offers ? settings.sack : c.sackPermitted) options.sackPermitted = true;
  if (offers ? settings.timestamps : c.timestamps) options.timestamps = timestampsNow(c);
  return options;
}

const NO_OPTIONS: TcpOptions = Object.freeze({});

function currentOptions(c: Connection): TcpOptions {
  const ranges = c.receiveBuffer?.ranges;
  if (!c.timestamps && !c.duplicate && !(c.sackPermitted && ranges?.length)) return NO_OPTIONS;
  const options: TcpOptions = {};
  if (c.timestamps) options.timestamps = timestampsNow(c);
  if (c.sackPermitted) options.sack = sackOption(c, mostBlocks(c, headerLengthWith(options) - 20));
  return options;
}

/** An acknowledgment with its blocks must fit the MTU as well as text does (RFC 6691 §3). */
function mostBlocks(c: Connection, otherOptions: number): number {
  const fitting = Math.floor((c.sndMss - otherOptions - 4 - LEAST_TEXT) / 8);
  return Math.min(fitting, c.timestamps ? SACK_BLOCKS_WITH_TIMESTAMPS : SACK_BLOCKS);
}

/** A duplicate comes first (RFC 2883 §4), then the ranges received ahead of gaps. */
function sackOption(c: Connection, most: number): number[] {
  const blocks = c.duplicate ? [c.duplicate] : [];
  blocks.push(...(c.receiveBuffer?.sackBlocks(most - blocks.length) ?? []));
  return blocks.flatMap((block) => [block.start, block.end]);
}

function timestampsNow(c: Connection): { value: number; echo: number } {
  return { value: Math.floor(c.tcp.now) | 0, echo: c.timestamps?.recent ?? 0 };
}
