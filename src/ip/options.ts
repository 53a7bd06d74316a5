import { IPV4_HEADER_LENGTH, type Ipv4Datagram } from '../wire/ipv4.ts';
import type { IpDropReason } from './counters.ts';

const Kind = { END: 0, NOP: 1, LOOSE_SOURCE_ROUTE: 131, STRICT_SOURCE_ROUTE: 137 } as const;

/**
 * Looks through the options of a header: all are ignored but source routes, which a host that does not
 * forward refuses (RFC 1122 §3.2.1.8; RFC 7126 §4.3). @returns why the datagram is refused, if it is
 */
export function refuseOptions({ bytes, headerLength }: Ipv4Datagram): IpDropReason | undefined {
  let at = IPV4_HEADER_LENGTH;
  while (at < headerLength && bytes[at] !== Kind.END) {
    const kind = bytes[at]!;
    if (kind === Kind.NOP) {
      at++;
      continue;
    }
    const length = at + 1 < headerLength ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > headerLength) return 'ip-options';
    if (kind === Kind.LOOSE_SOURCE_ROUTE || kind === Kind.STRICT_SOURCE_ROUTE) return 'ip-source-route';
    at += length;
  }
  return undefined;
}
