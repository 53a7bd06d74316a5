import { Flag } from '../wire/tcp.ts';
import { buildDatagram } from './datagram.ts';
import type { Tuple } from './ports.ts';
import type { Tcp } from './tcp.ts';

/** A reset; `ack` undefined leaves the ACK bit off. */
export function buildReset(tcp: Tcp, tuple: Tuple, seq: number, ack: number | undefined): Uint8Array {
  const flags = ack === undefined ? Flag.RST : Flag.RST | Flag.ACK;
  return buildDatagram(tcp, tuple, 0, { seq, ack: ack ?? 0, flags, window: 0, options: {} });
}
