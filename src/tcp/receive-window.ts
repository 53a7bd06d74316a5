import type { Connection } from './connection.ts';
import { add, before, distance } from './seq.ts';
import type { TcpSettings } from './settings.ts';

const LARGEST_FIELD = 0xffff;

/** The smallest shift with which the window field can show the whole receive buffer (RFC 7323 §2.3). */
export function scaleFor(receiveBuffer: number): number {
  let shift = 0;
  while (receiveBuffer > LARGEST_FIELD << shift && shift < 14) shift++;
  return shift;
}

/**
 * Moves the promised right edge on after the application has read, but not by crumbs: by half the
 * buffer or a segment (RFC 9293 §3.8.6.2.2). @returns whether it moved
 */
export function openReceiveWindow(c: Connection): boolean {
  const capacity = receiveCapacity(c);
  const edge = add(c.rcvNxt, capacity - (c.receiveBuffer?.readable ?? 0));
  if (distance(c.rcvEdge, edge) < Math.min(capacity / 2, c.tcp.settings.mss)) return false;
  c.rcvEdge = edge;
  return true;
}

/** The window field for the next segment, with the promised edge moved on if that is worthwhile. */
export function windowField(c: Connection, isSyn: boolean): number {
  // A SYN's field is not scaled: it cannot promise more than the handshake's window.
  if (!isSyn) openReceiveWindow(c);
  const window = promised(c);
  // Rounding down would move the edge left as RCV.NXT advances by less than a unit.
  return Math.min(LARGEST_FIELD, isSyn ? window : (window + unitOf(c) - 1) >> c.rcvScale);
}

/** RCV.WND: octets accepted from RCV.NXT on: all that was promised, rounding included. */
export function receiveWindow(c: Connection): number {
  const window = promised(c);
  return window === 0 ? 0 : window + unitOf(c) - 1;
}

/** The window that a handshake announces: its field is never scaled (RFC 7323 §2.2). */
export function handshakeWindow({ receiveBuffer }: TcpSettings): number {
  return Math.min(receiveBuffer, LARGEST_FIELD);
}

/** Sets the window that a handshake announces. */
export function startReceiveWindow(c: Connection): void {
  c.rcvEdge = add(c.rcvNxt, handshakeWindow(c.tcp.settings));
}

/** Whether the segment covers some of the receive window (RFC 9293 §3.10.7.4, first). */
export function isAcceptable(c: Connection, seq: number, length: number): boolean {
  const window = receiveWindow(c);
  if (length === 0 && window === 0) return seq === c.rcvNxt;
  const edge = add(c.rcvNxt, window);
  const startsInside = !before(seq, c.rcvNxt) && before(seq, edge);
  if (length === 0) return startsInside;
  const last = add(seq, length - 1);
  return (
    window > 0 &&
    (startsInside ||
      (!before(last, c.rcvNxt) && before(last, edge)) ||
      (before(seq, c.rcvNxt) && !before(last, edge)))
  );
}

/** A FIN may stand just behind the window's edge, and RCV.NXT behind it. */
function promised(c: Connection): number {
  return Math.max(0, distance(c.rcvNxt, c.rcvEdge));
}

/** Octets that a one in the window field stands for. */
function unitOf(c: Connection): number {
  return 1 << c.rcvScale;
}

function receiveCapacity(c: Connection): number {
  return Math.min(c.tcp.settings.receiveBuffer, LARGEST_FIELD << c.rcvScale);
}
