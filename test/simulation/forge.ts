import { write16, write32 } from '../../src/wire/bytes.ts';
import { checksum, pseudoHeaderSum, sum16 } from '../../src/wire/checksum.ts';
import { IPV4_HEADER_LENGTH, MORE_FRAGMENTS, Protocol, writeIpv4Header } from '../../src/wire/ipv4.ts';
import { Flag, TCP_HEADER_LENGTH } from '../../src/wire/tcp.ts';
import { icmp } from '../support/datagram.ts';
import { octetAt } from './application.ts';

export interface Forgery {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  /** As they stand in the header, up to 40 octets, not necessarily well-formed. */
  options: Uint8Array;
  /** Octets of text: each is determined by its sequence number, so that no two segments contradict each other. */
  length: number;
}

/** A TCP datagram whose checksums are right, whatever else is wrong with it. */
export function forgeSegment(forgery: Forgery): Uint8Array {
  const headerLength = TCP_HEADER_LENGTH + Math.ceil(forgery.options.length / 4) * 4;
  const segment = new Uint8Array(headerLength + forgery.length);
  write16(segment, 0, forgery.sourcePort);
  write16(segment, 2, forgery.destinationPort);
  write32(segment, 4, forgery.seq);
  write32(segment, 8, forgery.ack);
  segment[12] = (headerLength / 4) << 4;
  segment[13] = forgery.flags;
  write16(segment, 14, forgery.window);
  segment.set(forgery.options, TCP_HEADER_LENGTH);
  const first = forgery.seq + (forgery.flags & Flag.SYN ? 1 : 0);
  for (let i = 0; i < forgery.length; i++) segment[headerLength + i] = octetAt(first + i, -1);
  const { source, destination } = forgery;
  const sum = pseudoHeaderSum(source, destination, Protocol.TCP, segment.length);
  write16(segment, 16, checksum(sum16(segment, sum)));
  return inDatagram(source, destination, Protocol.TCP, segment);
}

/** An ICMP error that quotes `datagram`. */
export function forgeIcmpError(
  source: number,
  destination: number,
  [type, code, mtu]: readonly [number, number, number],
  datagram: Uint8Array,
): Uint8Array {
  const body = datagram.subarray(0, IPV4_HEADER_LENGTH + 8);
  return inDatagram(source, destination, Protocol.ICMP, icmp({ type, code, rest: [0, mtu], body }));
}

/** Cuts a datagram into two fragments at a multiple of 8; the second may reach back into the first. */
export function fragments(datagram: Uint8Array, at: number, overlap: number): Uint8Array[] {
  const payload = datagram.subarray(IPV4_HEADER_LENGTH);
  if (at >= payload.length) return [datagram];
  return [
    fragment(datagram, payload.subarray(0, at), 0, MORE_FRAGMENTS),
    fragment(datagram, payload.subarray(at - overlap), at - overlap, 0),
  ];
}

function fragment(whole: Uint8Array, payload: Uint8Array, offset: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER_LENGTH + payload.length);
  bytes.set(whole.subarray(0, IPV4_HEADER_LENGTH));
  bytes.set(payload, IPV4_HEADER_LENGTH);
  write16(bytes, 2, bytes.length);
  write16(bytes, 6, flags | (offset >> 3));
  write16(bytes, 10, 0);
  write16(bytes, 10, checksum(sum16(bytes, 0, 0, IPV4_HEADER_LENGTH)));
  return bytes;
}

let identification = 0;

function inDatagram(source: number, destination: number, protocol: number, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(IPV4_HEADER_LENGTH + payload.length);
  identification = (identification + 1) & 0xffff;
  writeIpv4Header(datagram, { source, destination, protocol, ttl: 64, identification, flags: 0 });
  datagram.set(payload, IPV4_HEADER_LENGTH);
  return datagram;
}
