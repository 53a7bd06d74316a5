import { read16, readInt32 } from '../../src/wire/bytes.ts';
import { Flag } from '../../src/wire/tcp.ts';
import type { Network } from './network.ts';

/** Datagrams that are kept. */
const MOST = 120;

interface Passage {
  at: number;
  from: number;
  datagram: Uint8Array;
  fate: string;
}

/** The last datagrams of a run, for people. */
export class Trace {
  readonly #passages: Passage[] = [];
  /** The first sequence number of each stream; the others are shown relative to it. */
  readonly #first = new Map<string, number>();

  constructor(network: Network) {
    const start = network.now;
    network.onDatagram = (from, datagram, fate) => {
      const isFirst = this.#passages.length === 0;
      this.#passages.push({ at: network.now - start, from, datagram, fate });
      if (isFirst || datagram[33]! & Flag.SYN) this.#render(datagram);
      if (this.#passages.length > 2 * MOST) this.#passages.splice(0, MOST);
    };
  }

  text(): string {
    const lines = this.#passages.slice(-MOST).map(({ at, from, datagram, fate }) => {
      const who = from === 0 ? 'client' : 'server';
      return [at.toFixed(1).padStart(10), who, this.#render(datagram), fate].join(' ');
    });
    return lines.join('\n');
  }

  /** tcpdump's notation, without addresses. */
  #render(datagram: Uint8Array): string {
    if (datagram[9] !== 6) return `protocol ${datagram[9]}`;
    const segment = datagram.subarray(20);
    const [source, destination] = [read16(segment, 0), read16(segment, 2)];
    const names = Object.entries(Flag).map(([name, bit]) => (segment[13]! & bit ? name[0] : ''));
    const length = segment.length - (segment[12]! >> 4) * 4;
    const seq = this.#relative(`${source} ${destination}`, readInt32(segment, 4));
    const ack = this.#relative(`${destination} ${source}`, readInt32(segment, 8));
    const numbers = `${seq}:${seq + length}(${length}) ack ${ack} win ${read16(segment, 14)}`;
    return `${source} > ${destination} ${names.join('')} ${numbers}`;
  }

  #relative(stream: string, seq: number): number {
    if (!this.#first.has(stream)) this.#first.set(stream, seq);
    return (seq - this.#first.get(stream)!) | 0;
  }
}
