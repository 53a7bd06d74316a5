import { randomBytes } from 'node:crypto';
import { readInt32 } from '../wire/bytes.ts';
import { sipHash } from './siphash.ts';

/** One tick of the sequence number clock is 4 µs (RFC 9293 §3.4.1). */
const TICKS_PER_MS = 250;

/** Hashes a connection's addresses and ports under a secret: unpredictable to others, the same each time. */
export class KeyedHash {
  readonly #key: Int32Array;

  /** @param secret at least 16 bytes */
  constructor(secret: Uint8Array) {
    this.#key = Int32Array.from([0, 4, 8, 12], (at) => readInt32(secret, at));
  }

  /**
   * @param numbers of 32 bits
   * @returns 32 signed bits
   */
  of(...numbers: number[]): number {
    return sipHash(this.#key, numbers);
  }
}

/** The initial sequence number of a connection: clock plus keyed hash of its addresses and ports (RFC 6528 §3). */
export function initialSequenceNumber(hash: KeyedHash, now: number, ...tuple: number[]): number {
  return (Math.floor(now * TICKS_PER_MS) + hash.of(...tuple)) | 0;
}

/** The system's randomness, where the caller brings none. */
export function systemRandom(count: number): Uint8Array {
  return randomBytes(count);
}
