import { read16, read32, view, write16, write32 } from './bytes.ts';
import { checksum, sum16, sum32 } from './checksum.ts';
import type { Drop } from './drop.ts';

/** The IPv4 header (RFC 791 §3.1). */
const VERSION_IHL = 0;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;

export const IPV4_HEADER_LENGTH = 20;
export const Protocol = { ICMP: 1, TCP: 6, UDP: 17 } as const;
export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;

export type Ipv4DropReason =
  | 'ip-truncated'
  | 'ip-version'
  | 'ip-header-length'
  | 'ip-total-length'
  | 'ip-checksum';

/** A datagram as it was read. */
export class Ipv4Datagram {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly ttl: number;
  readonly identification: number;
  /** DONT_FRAGMENT and MORE_FRAGMENTS. */
  flags: number;
  /** Where the payload belongs in the whole, in bytes: a multiple of 8, 0 to 65,528. */
  fragmentOffset: number;
  /** All of it, without padding; not copied. */
  readonly bytes: Uint8Array;
  /** Of the header with its options, 20 to 60 bytes. */
  readonly headerLength: number;

  /** @param bytes have passed the checks of `parseIpv4` */
  constructor(bytes: Uint8Array, headerLength: number) {
    const fragment = read16(bytes, FRAGMENT);
    this.source = read32(bytes, SOURCE);
    this.destination = read32(bytes, DESTINATION);
    this.protocol = bytes[PROTOCOL]!;
    this.ttl = bytes[TTL]!;
    this.identification = read16(bytes, IDENTIFICATION);
    this.flags = fragment & (DONT_FRAGMENT | MORE_FRAGMENTS);
    this.fragmentOffset = (fragment & 0x1fff) * 8;
    this.bytes = bytes;
    this.headerLength = headerLength;
  }

  /** In bytes. */
  get payloadLength(): number {
    return this.bytes.length - this.headerLength;
  }

  /** What follows the header; not copied. */
  get payload(): Uint8Array {
    return view(this.bytes, this.headerLength);
  }
}

/**
 * Parses one IPv4 datagram. Bytes beyond its total length are padding and are left out.
 *
 * @returns the datagram, or undefined once `drop` has been told why
 */
export function parseIpv4(bytes: Uint8Array, drop: Drop<Ipv4DropReason>): Ipv4Datagram | undefined {
  if (bytes.length < IPV4_HEADER_LENGTH) return drop('ip-truncated');
  if (bytes[VERSION_IHL]! >> 4 !== 4) return drop('ip-version');
  const headerLength = (bytes[VERSION_IHL]! & 15) * 4;
  if (headerLength < IPV4_HEADER_LENGTH || headerLength > bytes.length) return drop('ip-header-length');
  if (checksum(sum16(bytes, 0, 0, headerLength)) !== 0) return drop('ip-checksum');
  const totalLength = read16(bytes, TOTAL_LENGTH);
  if (totalLength < headerLength || totalLength > bytes.length) return drop('ip-total-length');
  return new Ipv4Datagram(totalLength === bytes.length ? bytes : view(bytes, 0, totalLength), headerLength);
}

/** Writes a header without options at the start of `bytes`, which hold the whole datagram. */
export function writeIpv4Header(
  bytes: Uint8Array,
  header: Pick<Ipv4Datagram, 'source' | 'destination' | 'protocol' | 'ttl' | 'identification' | 'flags'> & {
    fragmentOffset?: number;
  },
): void {
  const { source, destination, identification } = header;
  const fragment = header.flags | ((header.fragmentOffset ?? 0) >> 3);
  const ttlAndProtocol = (header.ttl << 8) | header.protocol;
  write16(bytes, VERSION_IHL, 0x4500);
  write16(bytes, TOTAL_LENGTH, bytes.length);
  write16(bytes, IDENTIFICATION, identification);
  write16(bytes, FRAGMENT, fragment);
  write16(bytes, TTL, ttlAndProtocol);
  write32(bytes, SOURCE, source);
  write32(bytes, DESTINATION, destination);
  // The words as they are at hand: to read them again would take as long as to write them.
  const sum = 0x4500 + bytes.length + identification + fragment + ttlAndProtocol;
  write16(bytes, CHECKSUM, checksum(sum + sum32(source) + sum32(destination)));
}
