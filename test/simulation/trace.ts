import { IcmpType, parseIcmp } from '../../src/wire/icmp.ts';
import { type Ipv4Datagram, MORE_FRAGMENTS, Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, type Segment, type TcpOptions } from '../../src/wire/tcp.ts';
import { segmentIn } from '../support/segment.ts';

export interface Sighting {
  /** Virtual time, ms. */
  at: number;
  from: string;
  datagram: Uint8Array;
  /** What the line did to it; empty when it only carried it. */
  fate: string;
}

/** What was seen on the wire and of the applications, kept to be printed when something has gone wrong. */
export class Trace {
  readonly #entries: (Sighting | { at: number; note: string })[] = [];
  readonly #most: number;

  /** @param most entries that are kept, the latest */
  constructor(most = 4000) {
    this.#most = most;
  }

  saw(sighting: Sighting): Sighting {
    this.#add(sighting);
    return sighting;
  }

  note(at: number, note: string): void {
    this.#add({ at, note });
  }

  /** One line an entry, with sequence numbers relative to the first seen in each direction, as tcpdump has them. */
  toString(): string {
    const origins = new Map<string, number>();
    return this.#entries
      .map((entry) => {
        const time = entry.at.toFixed(3).padStart(12);
        if ('note' in entry) return `${time}   -- ${entry.note}`;
        return `${time} ${entry.from} ${describe(entry.datagram, origins)}${entry.fate && `   [${entry.fate}]`}`;
      })
      .join('\n');
  }

  #add(entry: Sighting | { at: number; note: string }): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#most) this.#entries.splice(0, this.#most);
  }
}

/** A datagram in words. */
export function describe(datagram: Uint8Array, origins: Map<string, number>): string {
  const ip = parseIpv4(datagram, () => undefined);
  if (!ip) return `malformed, ${datagram.length} octets`;
  if (ip.fragmentOffset > 0 || ip.flags & MORE_FRAGMENTS)
    return `fragment of ${ip.identification} at ${ip.fragmentOffset}, ${ip.payload.length} octets`;
  if (ip.protocol === Protocol.ICMP) return describeIcmp(ip);
  if (ip.protocol !== Protocol.TCP) return `protocol ${ip.protocol}`;
  const segment = segmentIn(ip);
  return segment ? describeSegment(segment, ip, origins) : 'malformed segment';
}

function describeIcmp(ip: Ipv4Datagram): string {
  const message = parseIcmp(ip.payload, () => undefined);
  if (!message) return 'malformed ICMP';
  const name = Object.entries(IcmpType).find(([, type]) => type === message.type)?.[0] ?? message.type;
  return `ICMP ${name} code ${message.code} rest ${message.rest.join(' ')}`;
}

function describeSegment(segment: Segment, ip: Ipv4Datagram, origins: Map<string, number>): string {
  const { sourcePort, destinationPort, seq, ack, flags, text, window, options } = segment;
  const mine = `${ip.source}:${sourcePort}>${destinationPort}`;
  const theirs = `${ip.destination}:${destinationPort}>${sourcePort}`;
  if (flags & Flag.SYN) origins.set(mine, seq);
  else if (!origins.has(mine)) origins.set(mine, seq);
  if (flags & Flag.ACK && !origins.has(theirs)) origins.set(theirs, ack);
  const start = (seq - origins.get(mine)!) | 0;
  const letters = [...'FSRP.U'].filter((_, bit) => flags & (1 << bit)).join('');
  const acknowledgment = flags & Flag.ACK ? ` ack ${(ack - origins.get(theirs)!) | 0}` : '';
  return (
    `${sourcePort}>${destinationPort} ${letters || '-'} ${start}:${start + text.length}(${text.length})` +
    `${acknowledgment} win ${window}${describeOptions(options, origins.get(theirs) ?? 0)}`
  );
}

function describeOptions(options: TcpOptions, origin: number): string {
  const words: string[] = [];
  if (options.mss !== undefined) words.push(`mss ${options.mss}`);
  if (options.windowScale !== undefined) words.push(`wscale ${options.windowScale}`);
  if (options.sackPermitted) words.push('sackOK');
  if (options.timestamps) words.push(`TS ${options.timestamps.value} ${options.timestamps.echo}`);
  const edges = options.sack?.map((edge) => (edge - origin) | 0) ?? [];
  for (let i = 0; i + 1 < edges.length; i += 2) words.push(`sack ${edges[i]}:${edges[i + 1]}`);
  return words.length > 0 ? ` <${words.join(', ')}>` : '';
}
