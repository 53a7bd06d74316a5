import { Flag, type Segment, type TcpOptions } from '../wire/tcp.ts';
import { takeAcknowledgment } from './acknowledge.ts';
import { initialWindow } from './congestion.ts';
import { Connection, Notice } from './connection.ts';
import type { Listener } from './listener.ts';
import type { Tuple } from './ports.ts';
import { scaleFor, startReceiveWindow } from './receive-window.ts';
import { add, atMost, before, distance, later } from './seq.ts';
import { sendMss } from './settings.ts';
import { ON_CLOSE } from './state.ts';
import type { Tcp } from './tcp.ts';
import { takeFin, takeText } from './text.ts';
import { TO_BE_STARTED } from './timers.ts';

/** A connection that nobody has taken yet is probed, or it would outlive its peer for ever; ms. */
export const DEFERRED_KEEP_ALIVE = 120_000;
/** Between incarnations: so much further, late segments of the last cannot pass for the next one's. */
const LATE_WINDOW = 65_536;

/**
 * A segment for a port in LISTEN (RFC 9293 §3.10.7.2); returns the connection that it opened, if it did.
 *
 * @param previous the same connection's last incarnation, where a SYN ended its TIME-WAIT
 */
export function openPassively(
  tcp: Tcp,
  listener: Listener,
  remoteAddress: number,
  segment: Segment,
  previous?: Connection,
): Connection | undefined {
  const tuple = { localPort: segment.destinationPort, remoteAddress, remotePort: segment.sourcePort };
  if (segment.flags & Flag.RST) {
    tcp.handshakes.refused(tuple, segment);
    return tcp.drop('tcp-reset-unexpected');
  }
  if (segment.flags & Flag.ACK) return tcp.handshakes.finish(listener, tuple, segment);
  if (!(segment.flags & Flag.SYN)) return tcp.drop('tcp-listen-no-syn');
  if (tcp.stateless.knows(tuple, segment)) return tcp.drop('tcp-syn-repeated');
  const isFree = previous !== undefined || tcp.handshakes.isFree(listener, tuple, segment);
  if (!isFree || !tcp.table.makeRoom()) return tcp.handshakes.wait(listener, tuple, segment);
  tcp.admission.answered(tcp.now);
  const iss = tcp.newIss(tuple);
  // Beyond all that the last incarnation sent, even if it sent faster than the clock ticks (RFC 9293 §3.6.1, MAY-2).
  const beyond = previous ? later(iss, add(previous.sndNxt, LATE_WINDOW)) : iss;
  const c = new Connection(tcp, 'SYN-RECEIVED', tuple, beyond);
  belongsTo(c, listener);
  takeSyn(c, segment);
  tcp.table.add(c);
  return c;
}

/**
 * A connection whose SYN is forgotten: `segment` is the acknowledgment of its cookie, by which what the SYN
 * offered is known. It is established.
 */
export function openByCookie(
  tcp: Tcp,
  listener: Listener,
  tuple: Tuple,
  segment: Segment,
  offered: TcpOptions,
): Connection {
  const c = new Connection(tcp, 'SYN-RECEIVED', tuple, segment.ack);
  belongsTo(c, listener);
  takeSyn(c, { ...segment, seq: add(segment.seq, -1), options: offered, text: segment.text.subarray(0, 0) });
  tcp.table.add(c);
  establish(c, segment.window << c.sndScale, segment);
  return c;
}

/** OPEN, active (RFC 9293 §3.10.1): the SYN goes out when its turn comes. */
export function openActively(tcp: Tcp, tuple: Tuple, timeout: number): Connection {
  const c = new Connection(tcp, 'SYN-SENT', tuple, tcp.newIss(tuple));
  c.openTimeout = timeout;
  c.quietAt = TO_BE_STARTED;
  c.sndMss = tcp.settings.mss;
  c.rcvScale = scaleFor(tcp.settings.receiveBuffer);
  c.cwnd = initialWindow(c.sndMss);
  startReceiveWindow(c);
  tcp.table.add(c);
  return c;
}

/** SEGMENT ARRIVES in SYN-SENT (RFC 9293 §3.10.7.3). */
export function segmentArrivesInSynSent(c: Connection, segment: Segment): void {
  const { tcp } = c;
  const hasAck = (segment.flags & Flag.ACK) !== 0;
  if (hasAck && !(before(c.sndUna, segment.ack) && atMost(segment.ack, c.sndNxt))) {
    tcp.drop('tcp-ack-unacceptable');
    return tcp.resetSegment(c.remoteAddress, segment);
  }
  if (segment.flags & Flag.RST) {
    // Without an acceptable acknowledgment anybody could have sent it (RFC 5961 §3).
    if (!hasAck) return tcp.drop('tcp-reset-unexpected');
    tcp.counters.resetsIn++;
    return tcp.forget(c, 'ECONNREFUSED');
  }
  if (!(segment.flags & Flag.SYN)) return tcp.drop('tcp-syn-sent-unexpected');
  takeSyn(c, segment);
  if (!hasAck) return openSimultaneously(c);
  takeAcknowledgment(c, segment);
  establish(c, segment.window, segment);
  c.ackNow = true;
  takeText(c, { ...segment, seq: c.rcvNxt });
  takeFin(c, segment, add(segment.seq, 1 + segment.text.length));
}

/** The handshake is done: what the peer's window field said counts from here. */
export function establish(c: Connection, window: number, segment: Segment): void {
  const { tcp } = c;
  c.sndWnd = window;
  c.maxSndWnd = window;
  c.sndWl1 = segment.seq;
  c.sndWl2 = segment.ack;
  // A handshake that lost its SYN starts with one segment (RFC 5681 §3.1).
  c.cwnd = c.synRepeated ? c.sndMss : initialWindow(c.sndMss);
  c.backoff = 0; // RFC 6298 §5.7: the RTO is set anew for text
  if (c.state === 'SYN-SENT') tcp.counters.connectionsOpened++;
  else tcp.counters.connectionsAccepted++;
  tcp.setState(c, 'ESTABLISHED');
  c.notify(Notice.OPENED | ((c.receiveBuffer?.readable ?? 0) > 0 ? Notice.READABLE : 0));
  if (c.finQueued) tcp.setState(c, ON_CLOSE[c.state] ?? c.state);
}

/** Both ends sent a SYN at once: ours goes out again, as SYN-ACK (RFC 9293 §3.5, figure 8). */
function openSimultaneously(c: Connection): void {
  c.tcp.setState(c, 'SYN-RECEIVED');
  const syn = c.flight?.sent[0];
  if (syn) c.flight!.markLost(syn);
}

/** Takes in the peer's SYN: its sequence number, options, and text if it carries some. */
function takeSyn(c: Connection, segment: Segment): void {
  c.rcvNxt = add(segment.seq, 1);
  c.lastAckSent = c.rcvNxt;
  negotiate(c, segment.options);
  startReceiveWindow(c);
  const wasOpened = c.state === 'SYN-SENT';
  if (wasOpened || segment.text.length === 0) return;
  // Text on a SYN is kept, and acknowledged by the SYN-ACK (RFC 9293 §3.10.7.2, MUST-30 leaves it free).
  const text = segment.text.subarray(0, distance(c.rcvNxt, c.rcvEdge));
  c.rcvNxt = add(c.rcvNxt, c.bufferForText().put(c.rcvNxt, text) ?? 0);
}

function negotiate(c: Connection, options: TcpOptions): void {
  const { settings, now } = c.tcp;
  c.sndMss = sendMss(options.mss, settings);
  c.sackPermitted = settings.sack && options.sackPermitted === true;
  c.sndScale = options.windowScale ?? 0;
  c.rcvScale = options.windowScale === undefined ? 0 : scaleFor(settings.receiveBuffer);
  if (settings.timestamps && options.timestamps) {
    c.timestamps = { recent: options.timestamps.value, recentAt: now };
  }
}

/** `c`, in SYN-RECEIVED, is opened for `listener`. */
function belongsTo(c: Connection, listener: Listener): void {
  c.listener = listener;
  listener.halfOpen++;
  if (listener.deferAccept) c.keepAlive = DEFERRED_KEEP_ALIVE;
}
