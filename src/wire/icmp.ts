import { read16, write16 } from './bytes.ts';
import { checksum, sum16 } from './checksum.ts';
import type { Drop } from './drop.ts';

/** ICMP messages (RFC 792): type, code, checksum, four bytes that depend on the type, and a body. */
export const ICMP_HEADER_LENGTH = 8;
const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;

export const IcmpType = {
  ECHO_REPLY: 0,
  DESTINATION_UNREACHABLE: 3,
  REDIRECT: 5,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
} as const;

export const Unreachable = {
  PROTOCOL: 2,
  PORT: 3,
  FRAGMENTATION_NEEDED: 4,
} as const;

export type IcmpDropReason = 'icmp-truncated' | 'icmp-checksum';

export interface IcmpMessage {
  type: number;
  code: number;
  /** Bytes 4 to 7 as two numbers: identifier and sequence of an echo; unused and next-hop MTU of "fragmentation needed". */
  rest: readonly [number, number];
  /** What follows the header: an echo's data, or the datagram that an error is about. Not copied. */
  body: Uint8Array;
}

/** @returns the message, or undefined once `drop` has been told why */
export function parseIcmp(bytes: Uint8Array, drop: Drop<IcmpDropReason>): IcmpMessage | undefined {
  if (bytes.length < ICMP_HEADER_LENGTH) return drop('icmp-truncated');
  if (checksum(sum16(bytes)) !== 0) return drop('icmp-checksum');
  return {
    type: bytes[TYPE]!,
    code: bytes[CODE]!,
    rest: [read16(bytes, REST), read16(bytes, REST + 2)],
    body: bytes.subarray(ICMP_HEADER_LENGTH),
  };
}

/** Writes the message into `bytes`, which are exactly ICMP_HEADER_LENGTH longer than its body. */
export function writeIcmp(bytes: Uint8Array, message: IcmpMessage): void {
  bytes[TYPE] = message.type;
  bytes[CODE] = message.code;
  write16(bytes, CHECKSUM, 0);
  write16(bytes, REST, message.rest[0]);
  write16(bytes, REST + 2, message.rest[1]);
  bytes.set(message.body, ICMP_HEADER_LENGTH);
  write16(bytes, CHECKSUM, checksum(sum16(bytes)));
}

/** Errors are not answered by errors (RFC 1122 §3.2.2); unknown types count as errors to be safe. */
export function isIcmpQuery(type: number): boolean {
  return type === IcmpType.ECHO_REQUEST || type === IcmpType.ECHO_REPLY || (type >= 13 && type <= 18);
}
