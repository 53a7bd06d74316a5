import assert from 'node:assert/strict';
import { parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, type Segment } from '../../src/wire/tcp.ts';
import { segmentIn } from '../support/segment.ts';
import type { HostLine } from './impaired-wire.ts';

/** What is known of a peer, by its address and port. */
interface Peer {
  octetsIn: number;
  octetsOut: number;
  /** What acknowledges the SYNs that it was sent. */
  readonly awaited: Set<number>;
  isProved: boolean;
}

/**
 * A server's end of a line, which sees to it that whoever has not acknowledged a sequence number that only its
 * address can know is sent no more than three times its octets.
 */
export class Proofs implements HostLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  readonly #line: HostLine;
  readonly #peers = new Map<string, Peer>();

  constructor(line: HostLine) {
    this.#line = line;
    line.onDatagram = (datagram) => this.onArrival(datagram);
  }

  get ready(): boolean {
    return this.#line.ready;
  }

  set onReady(onReady: () => void) {
    this.#line.onReady = onReady;
  }

  /** A datagram arrives, over the line or from nowhere. */
  onArrival(datagram: Uint8Array): void {
    const seen = read(datagram);
    if (seen) {
      const peer = this.#peer(seen.source, seen.segment.sourcePort);
      peer.octetsIn += datagram.length;
      if (seen.segment.flags & Flag.ACK && peer.awaited.has(seen.segment.ack)) peer.isProved = true;
    }
    this.onDatagram(datagram);
  }

  send(datagram: Uint8Array): void {
    const seen = read(datagram);
    if (seen) {
      const { destination, segment } = seen;
      const peer = this.#peer(destination, segment.destinationPort);
      peer.octetsOut += datagram.length;
      if (segment.flags & Flag.SYN) peer.awaited.add((segment.seq + 1) | 0);
      const { isProved, octetsIn, octetsOut } = peer;
      assert.ok(isProved || octetsOut <= 3 * octetsIn, `${octetsOut} octets for ${octetsIn} of the unproved`);
    }
    this.#line.send(datagram);
  }

  #peer(address: number, port: number): Peer {
    const key = `${address} ${port}`;
    const known = this.#peers.get(key);
    if (known) return known;
    const peer = { octetsIn: 0, octetsOut: 0, awaited: new Set<number>(), isProved: false };
    this.#peers.set(key, peer);
    return peer;
  }
}

function read(bytes: Uint8Array): { source: number; destination: number; segment: Segment } | undefined {
  const ip = parseIpv4(bytes, () => undefined);
  const segment = ip && segmentIn(ip);
  return segment && { source: ip.source, destination: ip.destination, segment };
}
