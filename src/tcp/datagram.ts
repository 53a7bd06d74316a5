import { newDatagram } from '../wire/bytes.ts';
import { pseudoHeaderSum } from '../wire/checksum.ts';
import { DONT_FRAGMENT, IPV4_HEADER_LENGTH, Protocol, writeIpv4Header } from '../wire/ipv4.ts';
import { headerLengthWith, type Segment, writeSegment } from '../wire/tcp.ts';
import type { Tuple } from './ports.ts';
import type { Tcp } from './tcp.ts';

type Header = Pick<Segment, 'seq' | 'ack' | 'flags' | 'window' | 'options'>;

/** A whole TCP datagram, for who has no connection to build it from. */
export function buildDatagram(
  tcp: Tcp,
  tuple: Tuple,
  identification: number,
  header: Header,
  text?: Uint8Array,
  flags = DONT_FRAGMENT,
): Uint8Array {
  const textAt = IPV4_HEADER_LENGTH + headerLengthWith(header.options);
  const datagram = newDatagram(textAt + (text?.length ?? 0));
  if (text) datagram.set(text, textAt);
  finishDatagram(datagram, tcp, tuple, identification, header, flags);
  return datagram;
}

/** Writes both headers of a TCP datagram whose text already stands in place. */
export function finishDatagram(
  datagram: Uint8Array,
  tcp: Tcp,
  tuple: Tuple,
  identification: number,
  header: Header,
  flags = DONT_FRAGMENT,
): void {
  const { address: source, ttl } = tcp.settings;
  const destination = tuple.remoteAddress;
  writeIpv4Header(datagram, {
    source,
    destination,
    protocol: Protocol.TCP,
    ttl,
    identification,
    flags,
  });
  writeSegment(
    datagram,
    {
      sourcePort: tuple.localPort,
      destinationPort: tuple.remotePort,
      seq: header.seq,
      ack: header.ack,
      flags: header.flags,
      window: header.window,
      options: header.options,
    },
    pseudoHeaderSum(source, destination, Protocol.TCP, datagram.length - IPV4_HEADER_LENGTH),
    IPV4_HEADER_LENGTH,
  );
  tcp.counters.segmentsOut++;
}
