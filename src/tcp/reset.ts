import { IPV4_HEADER_LENGTH } from '../wire/ipv4.ts';
import { Flag, TCP_HEADER_LENGTH } from '../wire/tcp.ts';
import { finishDatagram } from './datagram.ts';
import type { Tuple } from './ports.ts';
import type { Tcp } from './tcp.ts';

/** A reset; `ack` undefined leaves the ACK bit off. */
export function buildReset(tcp: Tcp, tuple: Tuple, seq: number, ack: number | undefined): Uint8Array {
  const datagram = new Uint8Array(IPV4_HEADER_LENGTH + TCP_HEADER_LENGTH);
  const flags = ack === undefined ? Flag.RST : Flag.RST | Flag.ACK;
  finishDatagram(datagram, tcp, tuple, 0, { seq, ack: ack ?? 0, flags, window: 0, options: {} });
  return datagram;
}
