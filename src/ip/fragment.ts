import { IPV4_HEADER_LENGTH, type Ipv4Datagram, MORE_FRAGMENTS, writeIpv4Header } from '../wire/ipv4.ts';

type Header = Pick<Ipv4Datagram, 'source' | 'destination' | 'protocol' | 'ttl' | 'identification'>;

/** Builds a datagram around `payload`, or as many fragments as the MTU calls for (RFC 791 §3.2). */
export function buildDatagrams(header: Header, payload: Uint8Array, mtu: number): Uint8Array[] {
  const most = payload.length <= mtu - IPV4_HEADER_LENGTH ? payload.length : (mtu - IPV4_HEADER_LENGTH) & ~7;
  const datagrams: Uint8Array[] = [];
  let fragmentOffset = 0;
  do {
    const part = payload.subarray(fragmentOffset, fragmentOffset + most);
    const datagram = new Uint8Array(IPV4_HEADER_LENGTH + part.length);
    datagram.set(part, IPV4_HEADER_LENGTH);
    const isLast = fragmentOffset + part.length === payload.length;
    writeIpv4Header(datagram, { ...header, flags: isLast ? 0 : MORE_FRAGMENTS, fragmentOffset });
    datagrams.push(datagram);
    fragmentOffset += part.length;
  } while (fragmentOffset < payload.length);
  return datagrams;
}
