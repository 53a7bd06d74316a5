import { Stack, type StackOptions } from '../../src/ip/stack.ts';

/** Randomness that is the same each time. */
export function fixedRandom(seed: number): (count: number) => Uint8Array {
  return (count) => Uint8Array.from({ length: count }, (_, i) => (seed * 31 + i * 7) & 255);
}

export const A = '192.168.7.1';
export const B = '192.168.7.2';

/**
 * Two stacks on a perfect wire under virtual time: a datagram takes `delay` ms, and `filter` may drop or
 * change it.
 */
export class Wire {
  readonly a: Stack;
  readonly b: Stack;
  now = 0;
  delay = 1;
  /** Every datagram that was sent, by whom and when. */
  readonly log: { at: number; from: 'a' | 'b'; datagram: Uint8Array }[] = [];
  /** What becomes of a datagram on its way; undefined loses it. */
  filter: (datagram: Uint8Array, from: 'a' | 'b') => Uint8Array | undefined = (datagram) => datagram;
  readonly #underWay: { at: number; to: Stack; datagram: Uint8Array }[] = [];

  constructor(a: Partial<StackOptions> = {}, b: Partial<StackOptions> = {}) {
    this.a = new Stack({ address: A, random: fixedRandom(1), ...a });
    this.b = new Stack({ address: B, random: fixedRandom(2), ...b });
  }

  /** Runs until nothing happens any more before `until` (ms of virtual time). */
  run(until: number): void {
    for (;;) {
      this.#pull('a', this.a, this.b);
      this.#pull('b', this.b, this.a);
      const next = Math.min(this.#underWay[0]?.at ?? Infinity, this.a.deadline(), this.b.deadline());
      if (next > until) break;
      this.now = Math.max(this.now, next);
      while (this.#underWay[0] && this.#underWay[0].at <= this.now) {
        const { to, datagram } = this.#underWay.shift()!;
        to.receive(datagram, this.now);
      }
      this.a.expire(this.now);
      this.b.expire(this.now);
    }
    this.now = until;
  }

  #pull(from: 'a' | 'b', source: Stack, to: Stack): void {
    for (let datagram = source.transmit(this.now); datagram; datagram = source.transmit(this.now)) {
      this.log.push({ at: this.now, from, datagram });
      const passed = this.filter(datagram, from);
      if (passed) this.#underWay.push({ at: this.now + this.delay, to, datagram: passed });
    }
  }
}
