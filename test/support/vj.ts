import { VjDecompressor } from '../../src/line/vj-decompressor.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { checksum, pseudoHeaderSum, sum16 } from '../../src/wire/checksum.ts';
import { Protocol, writeIpv4Header } from '../../src/wire/ipv4.ts';
import { Flag, headerLengthWith, type TcpOptions, writeSegment } from '../../src/wire/tcp.ts';

export interface Packet {
  flags: number;
  seq: number;
  ack: number;
  window: number;
  text: Uint8Array | number;
  id: number;
  sourcePort: number;
  options: TcpOptions;
  urgent: number;
  ttl: number;
  tos: number;
  fragment: number;
}

export const PLAIN: Packet = {
  flags: Flag.ACK,
  seq: 1000,
  ack: 5000,
  window: 4000,
  text: 0,
  id: 7,
  sourcePort: 80,
  options: {},
  urgent: 0,
  ttl: 64,
  tos: 0,
  fragment: 0,
};

/** A TCP segment in a datagram, right to the last checksum. */
export function packet(changes: Partial<Packet> = {}): Uint8Array {
  const p = { ...PLAIN, ...changes };
  const text = typeof p.text === 'number' ? new Uint8Array(p.text).fill(0x41) : p.text;
  const tcpLength = headerLengthWith(p.options) + text.length;
  const bytes = new Uint8Array(20 + tcpLength);
  bytes.set(text, bytes.length - text.length);
  const [source, destination] = [parseAddress('192.168.7.2'), parseAddress('192.168.7.1')];
  const sum = pseudoHeaderSum(source, destination, Protocol.TCP, tcpLength);
  writeSegment(bytes.subarray(20), { ...p, destinationPort: 40_000 }, sum + p.urgent);
  bytes[38] = p.urgent >> 8;
  bytes[39] = p.urgent;
  writeIpv4Header(bytes, {
    source,
    destination,
    protocol: Protocol.TCP,
    ttl: p.ttl,
    identification: p.id,
    flags: p.fragment,
  });
  if (p.tos) setTos(bytes, p.tos);
  return bytes;
}

function setTos(bytes: Uint8Array, tos: number): void {
  bytes[1] = tos;
  bytes.set([0, 0], 10);
  const sum = checksum(sum16(bytes, 0, 0, 20));
  bytes.set([sum >> 8, sum & 255], 10);
}

export const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

/** A decompressor, and what it refused; what it is given and gives is copied. */
export function receiver() {
  const dropped: string[] = [];
  const decompressor = new VjDecompressor((reason) => void dropped.push(reason));
  const receive = (sent: Uint8Array) => {
    const copy = sent.slice();
    if (copy[0]! >= 0x80) return decompressor.compressed(copy)?.slice();
    return copy[0]! >= 0x70 ? decompressor.uncompressed(copy)?.slice() : copy;
  };
  return { decompressor, receive, dropped };
}
