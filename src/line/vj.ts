import { read16 } from '../wire/bytes.ts';
import { IPV4_HEADER_LENGTH, MORE_FRAGMENTS, Protocol } from '../wire/ipv4.ts';
import { Flag, TCP_HEADER_LENGTH } from '../wire/tcp.ts';

/**
 * Compressed TCP/IP headers (RFC 1144): each end keeps the last header of up to 16 connections, and
 * what goes over the line says in three bytes or a few more how the next one differs.
 */
export const SLOTS = 16;
/** Headers of IP and TCP with all their options. */
export const LONGEST_HEADER = 120;

/** What a frame holds stands in its first byte's upper half (§3.2.2, §A.1); a compressed packet has its top bit set. */
export const Type = { IP: 0x40, UNCOMPRESSED_TCP: 0x70, COMPRESSED_TCP: 0x80 } as const;

/** The change mask of a compressed packet: what is there (§3.2.2). */
export const Change = { C: 0x40, I: 0x20, P: 0x10, S: 8, A: 4, W: 2, U: 1 } as const;
/** S W U: both S and A have changed by the length of the last packet's text; this is echoed typing (§3.2.3). */
export const ECHO = Change.S | Change.W | Change.U;
/** S A W U: S has changed by the length of the last packet's text; this is a transfer. */
export const TRANSFER = Change.S | Change.A | Change.W | Change.U;

/** Offsets in the IPv4 header. */
export const Ip = { TOTAL_LENGTH: 2, IDENTIFICATION: 4, FRAGMENT: 6, PROTOCOL: 9, CHECKSUM: 10 } as const;
/** Offsets in the TCP header. */
export const Tcp = {
  SEQUENCE: 4,
  ACKNOWLEDGMENT: 8,
  DATA_OFFSET: 12,
  FLAGS: 13,
  WINDOW: 14,
  CHECKSUM: 16,
  URGENT: 18,
} as const;

/** Length of the IPv4 header in bytes as it says itself, and so the place of what follows it. */
export const ipHeaderLength = (header: Uint8Array) => (header[0]! & 15) * 4;

/**
 * Length in bytes of the headers of a datagram that RFC 1144 can compress (§3.2.3): a whole TCP segment
 * that has ACK and none of SYN, FIN and RST. Undefined for any other.
 */
export function compressibleHeader(datagram: Uint8Array): number | undefined {
  if (datagram[0]! >> 4 !== 4 || datagram[Ip.PROTOCOL] !== Protocol.TCP) return undefined;
  if (read16(datagram, Ip.FRAGMENT) & (MORE_FRAGMENTS | 0x1fff)) return undefined;
  const length = headersLength(datagram);
  if (length === undefined || read16(datagram, Ip.TOTAL_LENGTH) !== datagram.length) return undefined;
  const flags = datagram[ipHeaderLength(datagram) + Tcp.FLAGS]!;
  return (flags & (Flag.SYN | Flag.FIN | Flag.RST | Flag.ACK)) === Flag.ACK ? length : undefined;
}

/** Length in bytes of both headers; undefined where they are malformed or cut off. */
export function headersLength(datagram: Uint8Array): number | undefined {
  const tcp = ipHeaderLength(datagram);
  if (tcp < IPV4_HEADER_LENGTH || datagram.length < tcp + TCP_HEADER_LENGTH) return undefined;
  const tcpLength = (datagram[tcp + Tcp.DATA_OFFSET]! >> 4) * 4;
  return tcpLength < TCP_HEADER_LENGTH || datagram.length < tcp + tcpLength ? undefined : tcp + tcpLength;
}
