import { pseudoHeaderSum } from '../../src/wire/checksum.ts';
import type { Drop } from '../../src/wire/drop.ts';
import { type Ipv4Datagram, Protocol } from '../../src/wire/ipv4.ts';
import { parseSegment, type Segment } from '../../src/wire/tcp.ts';

/** The sound TCP segment in a datagram, if there is one; `refuse` is told why a TCP segment is none. */
export function segmentIn(ip: Ipv4Datagram, refuse: Drop<string> = () => undefined): Segment | undefined {
  if (ip.protocol !== Protocol.TCP) return undefined;
  const sum = pseudoHeaderSum(ip.source, ip.destination, Protocol.TCP, ip.payload.length);
  return parseSegment(ip.payload, sum, refuse);
}
