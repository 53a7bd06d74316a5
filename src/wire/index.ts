/** The codecs: bytes to values and back, pure. */
export * from './address.ts';
export * from './checksum.ts';
export type { Drop } from './drop.ts';
export * from './icmp.ts';
export * from './ipv4.ts';
export * from './tcp.ts';
