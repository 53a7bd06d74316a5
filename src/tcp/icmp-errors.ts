import type { Connection } from './connection.ts';
import { before, distance } from './seq.ts';
import { textRoom } from './transmit.ts';

/** What an ICMP error says about a segment: `length` is the quoted datagram's total length in octets. */
export type IcmpError = { kind: 'hard' | 'soft' } | { kind: 'too-big'; mtu: number; length: number };

/** Common path MTUs below 1500 (RFC 1191 §7), for routers that name none. */
const PLATEAUS = [1492, 1006, 576, 508, 296, 68];
/** Smaller path MTUs are taken as this: no line known here has less, and forged errors could ask for it (RFC 5927 §7). */
const LEAST_MTU = 128;

/**
 * An ICMP error about a segment with sequence number `seq`, which must be in flight, for anybody can
 * forge the rest (RFC 5927 §4.1).
 */
export function takeIcmpError(c: Connection, seq: number, error: IcmpError): void {
  if (!c.flight || before(seq, c.sndUna) || !before(seq, c.sndNxt)) {
    c.tcp.counters.icmpErrorsIgnored++;
    return;
  }
  if (error.kind === 'too-big') return pathIsNarrower(c, error.mtu || nextPlateau(error.length));
  // Only an opening connection is given up; for others every error is soft (RFC 5461 §4.1, RFC 5927 §5.2).
  if (error.kind === 'hard' && c.state === 'SYN-SENT') return c.tcp.forget(c, 'ECONNREFUSED');
  c.unreachable = true;
}

/** Path MTU discovery (RFC 1191 §6.4): smaller segments from now on, and what was too big goes again at once. */
function pathIsNarrower(c: Connection, mtu: number): void {
  const mss = Math.max(mtu, LEAST_MTU) - 40;
  if (mss >= c.sndMss) {
    c.tcp.counters.icmpErrorsIgnored++;
    return;
  }
  c.sndMss = mss;
  for (const sent of c.flight!.sent) {
    if (distance(sent.seq, sent.end) > textRoom(c)) c.flight!.markLost(sent);
  }
  c.flight!.repeatAtOnce = true;
}

function nextPlateau(length: number): number {
  return PLATEAUS.find((mtu) => mtu < length) ?? LEAST_MTU;
}
