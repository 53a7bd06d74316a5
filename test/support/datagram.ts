import { parseAddress } from '../../src/wire/address.ts';
import { pseudoHeaderSum } from '../../src/wire/checksum.ts';
import { type IcmpMessage, IcmpType, writeIcmp } from '../../src/wire/icmp.ts';
import { type Ipv4Datagram, Protocol, writeIpv4Header } from '../../src/wire/ipv4.ts';
import { Flag, headerLengthWith, type Segment, writeSegment } from '../../src/wire/tcp.ts';
import { A, B } from './wire.ts';

type Header = Partial<
  Pick<
    Ipv4Datagram,
    'source' | 'destination' | 'protocol' | 'ttl' | 'identification' | 'flags' | 'fragmentOffset'
  >
>;

/** A datagram from A to B, unless the header says otherwise; `options` in whole words. */
export function datagram(
  payload: Uint8Array,
  header: Header = {},
  options: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const bytes = new Uint8Array(20 + options.length + payload.length);
  const fields = {
    source: parseAddress(A),
    destination: parseAddress(B),
    protocol: Protocol.TCP,
    ttl: 64,
    identification: 7,
    flags: 0,
  };
  writeIpv4Header(bytes, { ...fields, ...header });
  bytes.set(options, 20);
  bytes.set(payload, 20 + options.length);
  if (options.length > 0) {
    bytes[0] = 0x40 | ((20 + options.length) / 4);
    repairChecksum(bytes);
  }
  return bytes;
}

/** Makes the header's checksum right again after a change. */
export function repairChecksum(bytes: Uint8Array): void {
  bytes[10] = bytes[11] = 0;
  let sum = 0;
  for (let at = 0; at < (bytes[0]! & 15) * 4 && at + 1 < bytes.length; at += 2)
    sum += bytes[at]! * 256 + bytes[at + 1]!;
  sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  bytes[10] = (~sum >> 8) & 255;
  bytes[11] = ~sum & 255;
}

export function echo(data: Uint8Array, type: number = IcmpType.ECHO_REQUEST): Uint8Array {
  return icmp({ type, code: 0, rest: [11, 12], body: data });
}

export function icmp(fields: IcmpMessage): Uint8Array {
  const message = new Uint8Array(8 + fields.body.length);
  writeIcmp(message, fields);
  return message;
}

/** The bytes of a segment from A to B: a SYN to port 80 unless fields say otherwise. */
export function segmentBytes(fields: Partial<Segment> = {}): Uint8Array {
  const segment = {
    sourcePort: 50_000,
    destinationPort: 80,
    seq: 1000,
    ack: 0,
    flags: Flag.SYN as number,
    window: 5000,
    options: {},
    ...fields,
  };
  const text = fields.text ?? new Uint8Array(0);
  const bytes = new Uint8Array(headerLengthWith(segment.options) + text.length);
  bytes.set(text, bytes.length - text.length);
  writeSegment(bytes, segment, sumFor(bytes.length));
  return bytes;
}

export function sumFor(length: number): number {
  return pseudoHeaderSum(parseAddress(A), parseAddress(B), Protocol.TCP, length);
}
