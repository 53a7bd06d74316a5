import type { Segment, TcpOptions } from '../wire/tcp.ts';
import type { KeyedHash } from './isn.ts';
import type { Tuple } from './ports.ts';
import { add } from './seq.ts';

/** How long the key of a cookie is in use, in ms; the one before it is still taken. */
const KEY_LIFE = 64_000;
/** The low bits of a cookie, which say what the SYN said; the others are the keyed hash. */
const PARITY = 16;
const SACK = 8;
const MSS_CLASS = 7;
const LOW_BITS = PARITY | SACK | MSS_CLASS;
/** What common links leave, and the least that is taken: a peer is taken to announce the next below. */
const MSS_CLASSES = [48, 128, 216, 256, 536, 966, 1360, 1460];
/** So many of the latest cookies that opened a connection are remembered. */
const MOST_SPENT = 1024;
/** The low bits of a timestamp, which say the window scale; this for none. */
const SCALE_BITS = 15;
const NO_SCALE = 15;

/**
 * SYN cookies (RFC 4987 §3.6): initial sequence numbers from which the acknowledgment alone shows that a SYN
 * came from its address lately, and what it offered. So a handshake under way costs no memory.
 *
 * A cookie is 27 bits of keyed hash, one for which of two keys, one for SACK, and three for the MSS. A window
 * scale is kept where timestamps are in use, in the low bits of ours (RFC 7323 §5.4 lets them be any clock).
 */
export class SynCookies {
  readonly #hash: KeyedHash;
  readonly #timestamps: boolean;
  #latestKey = Number.NEGATIVE_INFINITY;
  /** In the order in which they were. */
  readonly #spent = new Set<number>();

  /** @param timestamps whether they are in use here */
  constructor(hash: KeyedHash, timestamps: boolean) {
    this.#hash = hash;
    this.#timestamps = timestamps;
  }

  /** The initial sequence number to answer a SYN with that began at `irs` and had `options`. */
  issue(tuple: Tuple, irs: number, options: TcpOptions, now: number): number {
    const key = Math.floor(now / KEY_LIFE);
    this.#latestKey = key;
    return this.#cookie(tuple, irs, key, (options.sackPermitted ? SACK : 0) | mssClass(options.mss));
  }

  /** Whether a cookie may be on its way back: then an acknowledgment that belongs to nothing may be the second after it. */
  areOut(now: number): boolean {
    return Math.floor(now / KEY_LIFE) <= this.#latestKey + 1;
  }

  /** What the SYN had offered, if `segment` acknowledges a cookie that is not too old. */
  offered(tuple: Tuple, segment: Segment, now: number): TcpOptions | undefined {
    if (!this.areOut(now)) return undefined;
    const cookie = add(segment.ack, -1);
    const newest = Math.floor(now / KEY_LIFE);
    const key = (newest & 1) === (cookie & PARITY) >> 4 ? newest : newest - 1;
    if (this.#cookie(tuple, add(segment.seq, -1), key, cookie & (SACK | MSS_CLASS)) !== cookie)
      return undefined;
    return {
      ...(this.#timestamps && scaleOf(segment)),
      mss: MSS_CLASSES[cookie & MSS_CLASS]!,
      sackPermitted: (cookie & SACK) !== 0,
    };
  }

  /** The cookie that `segment` acknowledges has opened a connection, and is to open no other. */
  spend({ ack }: Segment): void {
    if (this.#spent.size === MOST_SPENT) this.#spent.delete(this.#spent.values().next().value!);
    this.#spent.add(ack);
  }

  /** Whether `segment` is of a connection that was, and is gone: an old duplicate would open it again. */
  isSpent({ ack }: Segment): boolean {
    return this.#spent.has(ack);
  }

  #cookie({ localPort, remoteAddress, remotePort }: Tuple, irs: number, key: number, offer: number): number {
    const low = offer | ((key & 1) << 4);
    return (this.#hash.of(localPort, remoteAddress, remotePort, irs, key, low) & ~LOW_BITS) | low;
  }
}

/** A timestamp for a cookie's SYN-ACK, at most 16 ms old, that carries `scale` or that there is none. */
export function timestampWithScale(now: number, scale: number | undefined): number {
  const value = Math.floor(now) | 0;
  const marked = (value & ~SCALE_BITS) | (scale ?? NO_SCALE);
  return marked > value ? marked - SCALE_BITS - 1 : marked;
}

function scaleOf({ options: { timestamps } }: Segment): TcpOptions {
  if (!timestamps) return {};
  const scale = timestamps.echo & SCALE_BITS;
  return scale === NO_SCALE ? { timestamps } : { timestamps, windowScale: scale };
}

function mssClass(mss = MSS_CLASSES[4]!): number {
  return Math.max(
    0,
    MSS_CLASSES.findLastIndex((least) => least <= mss),
  );
}
