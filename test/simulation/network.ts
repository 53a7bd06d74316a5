import type { Stack } from '../../src/ip/stack.ts';

/** What happens to datagrams in one direction. Shares from 0 to 1, times in ms. */
export interface Impairment {
  loss: number;
  duplicate: number;
  corrupt: number;
  /** Share of datagrams that are held back, and for how long at most. */
  reorder: number;
  heldBack: number;
  delay: number;
  /** Bytes a ms, or Infinity. */
  rate: number;
}

export const PERFECT: Impairment = {
  loss: 0,
  duplicate: 0,
  corrupt: 0,
  reorder: 0,
  heldBack: 0,
  delay: 5,
  rate: Number.POSITIVE_INFINITY,
};

interface Event {
  at: number;
  order: number;
  run: () => void;
}

/** Two stacks and whatever else happens, in the order of virtual time. */
export class Network {
  now: number;
  /** The cable is unplugged until then. */
  cutUntil = Number.NEGATIVE_INFINITY;
  impairment: Impairment = PERFECT;
  /** Called after each event. */
  onEvent: () => void = () => {};
  /** Called with each datagram that a stack sends, and what became of it. */
  onDatagram: (from: number, datagram: Uint8Array, fate: string) => void = () => {};

  readonly #stacks: [Stack, Stack];
  readonly #random: () => number;
  readonly #events: Event[] = [];
  readonly #freeAt = [0, 0];
  #order = 0;

  constructor(stacks: [Stack, Stack], random: () => number, start: number) {
    this.#stacks = stacks;
    this.#random = random;
    this.now = start;
  }

  at(time: number, run: () => void): void {
    const event = { at: time, order: this.#order++, run };
    let place = this.#events.length;
    while (place > 0 && this.#events[place - 1]!.at > time) place--;
    this.#events.splice(place, 0, event);
  }

  /** Runs events until `done`, or until nothing happens any more before `until`. */
  run(until: number, done: () => boolean = () => false): void {
    while (!done()) {
      this.#pull(0);
      this.#pull(1);
      this.onEvent();
      const next = Math.min(
        this.#events[0]?.at ?? Infinity,
        this.#freeNext(),
        ...this.#stacks.map((stack) => stack.deadline()),
      );
      if (next > until) break;
      this.now = Math.max(this.now, next);
      if (this.#events[0] && this.#events[0].at <= this.now) this.#events.shift()!.run();
      for (const stack of this.#stacks) if (stack.deadline() <= this.now) stack.expire(this.now);
    }
    if (!done()) this.now = Math.max(this.now, until);
  }

  /** A stack that has something to send waits for its line. */
  #freeNext(): number {
    const waiting = [0, 1].filter((i) => this.#stacks[i]!.hasPending && this.#freeAt[i]! > this.now);
    return Math.min(...waiting.map((i) => this.#freeAt[i]!));
  }

  #pull(from: number): void {
    while (this.#freeAt[from]! <= this.now) {
      const datagram = this.#stacks[from]!.transmit(this.now);
      if (!datagram) return;
      this.#freeAt[from] = this.now + datagram.length / this.impairment.rate;
      this.#carry(from, datagram);
    }
  }

  #carry(from: number, datagram: Uint8Array): void {
    const { loss, duplicate, corrupt, reorder, heldBack, delay } = this.impairment;
    if (this.now < this.cutUntil || this.#random() < loss) return this.onDatagram(from, datagram, 'lost');
    const copies = this.#random() < duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const isBad = this.#random() < corrupt;
      const late = this.#random() < reorder ? this.#random() * heldBack : 0;
      this.onDatagram(from, datagram, isBad ? 'corrupted' : late > 0 ? `late by ${late.toFixed(1)}` : '');
      const arrives = isBad ? this.#flip(datagram) : datagram;
      this.at(this.#freeAt[from]! + delay + late, () => this.#stacks[1 - from]!.receive(arrives, this.now));
    }
  }

  /** One to three bits the other way: a checksum of 16 bits finds them all. */
  #flip(datagram: Uint8Array): Uint8Array {
    const bad = datagram.slice();
    const at = Math.floor(this.#random() * bad.length);
    bad[at]! ^= 1 << Math.floor(this.#random() * 8);
    return bad;
  }
}
