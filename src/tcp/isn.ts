import { createHmac, randomBytes } from 'node:crypto';

/** One tick of the sequence number clock is 4 µs (RFC 9293 §3.4.1). */
const TICKS_PER_MS = 250;

/** Hashes a connection's addresses and ports under a secret: unpredictable to others, the same each time. */
export class KeyedHash {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** @returns 32 signed bits */
  of(...numbers: number[]): number {
    return createHmac('sha256', this.#secret).update(Float64Array.from(numbers)).digest().readInt32BE(0);
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
