import type { Drop } from '../wire/drop.ts';
import { Ipv4Datagram, MORE_FRAGMENTS } from '../wire/ipv4.ts';
import type { IpDropReason } from './counters.ts';

/** How long a datagram may stay incomplete, ms (RFC 791 §3.2 proposes 15 s, RFC 1122 §3.3.2 more; a line this slow needs time). */
const LIFE = 30_000;
/** Datagrams incomplete at once; the oldest gives way, so that a flood cannot keep others out. */
const MOST_DATAGRAMS = 16;
/** Octets held in all. */
const MOST_OCTETS = 256 * 1024;
/** Fragments of one datagram: more than a whole one has at an MTU of 68. */
const MOST_FRAGMENTS = 1400;
const LARGEST_DATAGRAM = 65_535;

interface Fragment {
  offset: number;
  end: number;
  bytes: Uint8Array;
}

interface Incomplete {
  /** The first fragment, once it is there: its header stands for the whole. */
  first: Ipv4Datagram | undefined;
  /** Ascending, apart from each other. */
  fragments: Fragment[];
  octets: number;
  /** Length of the whole payload, once the last fragment is there. */
  length: number | undefined;
  deadline: number;
  /** Two fragments overlapped: all of it is refused, whatever still comes (RFC 5722 §3, RFC 8900 §4.1). */
  spoilt: boolean;
}

/** Puts fragments together (RFC 791 §3.2) within bounds of memory and time. */
export class Reassembly {
  /** By source, protocol and identification; oldest first. */
  readonly #incomplete = new Map<string, Incomplete>();
  readonly #drop: Drop<IpDropReason>;
  #octets = 0;

  constructor(drop: Drop<IpDropReason>) {
    this.#drop = drop;
  }

  /** Octets of payload that are held, 256 KiB at most. */
  get octets(): number {
    return this.#octets;
  }

  /** Takes in a fragment; returns the datagram that it completes. Keeps copies only. */
  add(fragment: Ipv4Datagram, now: number): Ipv4Datagram | undefined {
    const { fragmentOffset: offset, payloadLength, headerLength, flags } = fragment;
    const end = offset + payloadLength;
    const isLast = !(flags & MORE_FRAGMENTS);
    if (payloadLength === 0 || end + headerLength > LARGEST_DATAGRAM) return this.#drop('ip-fragment-length');
    if (!isLast && payloadLength % 8 !== 0) return this.#drop('ip-fragment-length');
    const key = `${fragment.source} ${fragment.protocol} ${fragment.identification}`;
    const whole = this.#incomplete.get(key) ?? this.#begin(key, now);
    const refusal = place(whole, offset, end, isLast);
    if (refusal) return this.#refuse(whole, refusal);
    this.#keep(whole, fragment, end, isLast);
    if (!isComplete(whole)) return this.#makeRoom();
    this.#forget(key, whole);
    return join(whole, whole.first!);
  }

  /** When the oldest runs out of time; Infinity if there is none. */
  deadline(): number {
    const [oldest] = this.#incomplete.values();
    return oldest?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** Gives up what is due; `report` is told the first fragment of each, if it came (RFC 1122 §3.3.2). */
  expire(now: number, report: (first: Ipv4Datagram) => void): void {
    for (const [key, whole] of this.#incomplete) {
      if (whole.deadline > now) return;
      this.#forget(key, whole);
      if (whole.spoilt) continue;
      this.#drop('ip-fragment-timeout');
      if (whole.first) report(whole.first);
    }
  }

  #begin(key: string, now: number): Incomplete {
    if (this.#incomplete.size >= MOST_DATAGRAMS) this.#evictOldest();
    const whole: Incomplete = {
      first: undefined,
      fragments: [],
      octets: 0,
      length: undefined,
      deadline: Math.ceil(now + LIFE),
      spoilt: false,
    };
    this.#incomplete.set(key, whole);
    return whole;
  }

  #keep(whole: Incomplete, fragment: Ipv4Datagram, end: number, isLast: boolean): void {
    const { fragmentOffset: offset, headerLength } = fragment;
    if (offset === 0) whole.first = new Ipv4Datagram(fragment.bytes.slice(), headerLength);
    const bytes = offset === 0 ? whole.first!.payload : fragment.payload.slice();
    const at = whole.fragments.findLastIndex((other) => other.offset < offset) + 1;
    whole.fragments.splice(at, 0, { offset, end, bytes });
    whole.octets += bytes.length;
    this.#octets += bytes.length;
    if (isLast) whole.length = end;
  }

  #refuse(whole: Incomplete, reason: IpDropReason): undefined {
    if (reason !== 'ip-fragment-duplicate') {
      this.#octets -= whole.octets;
      Object.assign(whole, { spoilt: true, fragments: [], octets: 0, first: undefined });
    }
    return this.#drop(reason);
  }

  #makeRoom(): undefined {
    while (this.#octets > MOST_OCTETS) this.#evictOldest();
  }

  #evictOldest(): void {
    const [oldest] = this.#incomplete;
    if (!oldest) return;
    this.#forget(...oldest);
    this.#drop('ip-fragments-full');
  }

  #forget(key: string, whole: Incomplete): void {
    this.#incomplete.delete(key);
    this.#octets -= whole.octets;
  }
}

/** Whether the fragment has its place among the others; else why not. */
function place(whole: Incomplete, offset: number, end: number, isLast: boolean): IpDropReason | undefined {
  if (whole.spoilt) return 'ip-fragment-overlap';
  if (whole.fragments.length >= MOST_FRAGMENTS) return 'ip-fragments-full';
  for (const other of whole.fragments) {
    if (other.offset === offset && other.end === end) return 'ip-fragment-duplicate';
    if (other.offset < end && offset < other.end) return 'ip-fragment-overlap';
  }
  const length = whole.length ?? LARGEST_DATAGRAM;
  const furthest = whole.fragments.at(-1)?.end ?? 0;
  if (end > length || (isLast && (whole.length !== undefined || furthest > end)))
    return 'ip-fragment-overlap';
  return undefined;
}

function isComplete(whole: Incomplete): boolean {
  return whole.octets === whole.length;
}

/** The whole datagram, with the header of its first fragment as that came. */
function join(whole: Incomplete, { bytes: first, headerLength }: Ipv4Datagram): Ipv4Datagram {
  const bytes = new Uint8Array(headerLength + whole.length!);
  bytes.set(first.subarray(0, headerLength));
  for (const fragment of whole.fragments) bytes.set(fragment.bytes, headerLength + fragment.offset);
  const datagram = new Ipv4Datagram(bytes, headerLength);
  datagram.flags = 0;
  return datagram;
}
