import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import type { Scenario } from './scenario.ts';
import type { Trace } from './trace.ts';
import type { Joint } from './world.ts';

/** What happens to whole datagrams in one direction; times in ms, the rest probabilities. May be changed at any time. */
export interface Impairment {
  delay: number;
  /** Added to the delay evenly, in order: datagrams do not overtake each other by it. */
  jitter: number;
  loss: number;
  duplication: number;
  /** That a datagram is late by up to `reorderDelay`, so that others overtake it. */
  reordering: number;
  reorderDelay: number;
  /** That a bit is flipped, or the end is missing or too long. */
  corruption: number;
  /** Nothing arrives. */
  cut: boolean;
  /** Bits a second, ten to an octet; 0 for a wire that takes no time to send. */
  baud: number;
}

export const PERFECT_WIRE: Impairment = {
  delay: 1,
  jitter: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderDelay: 0,
  corruption: 0,
  cut: false,
  baud: 0,
};

/** As in a driver: the next datagram is pulled when no more than this is still to be sent, ms. */
const ROOM = 20;
const TOLERANCE = 0.001;

/** The part of a line that a host needs. */
export interface HostLine {
  readonly ready: boolean;
  send(datagram: Uint8Array): void;
  onDatagram: (datagram: Uint8Array) => void;
  set onReady(onReady: () => void);
}

/** One end of a wire that spoils whole datagrams: what is sent here is spoilt by this end's dice. */
export class WireEnd implements HostLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady: () => void = () => {};
  peer: WireEnd | undefined;
  /** What spoils the datagrams sent here. */
  readonly impairment: Impairment;
  readonly #name: string;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  #idleAt = 0;
  #lastArrival = 0;
  #waking = false;

  constructor(name: string, impairment: Impairment, clock: VirtualClock, dice: Dice, trace: Trace) {
    this.#name = name;
    this.impairment = { ...impairment };
    this.#clock = clock;
    this.#dice = dice;
    this.#trace = trace;
  }

  get ready(): boolean {
    return this.#idleAt - this.#clock.now() <= ROOM + TOLERANCE;
  }

  send(datagram: Uint8Array): void {
    const now = this.#clock.now();
    const { baud } = this.impairment;
    if (baud > 0) this.#idleAt = Math.max(this.#idleAt, now) + ((datagram.length + 2) * 10_000) / baud;
    const sentAt = baud > 0 ? this.#idleAt : now;
    const copy = datagram.slice();
    this.#wakeWhenReady(now);
    this.#carry(copy, sentAt, this.#trace.saw({ at: now, from: this.#name, datagram: copy, fate: '' }));
  }

  #wakeWhenReady(now: number): void {
    if (this.ready || this.#waking) return;
    this.#waking = true;
    this.#clock.setTimeout(
      () => {
        this.#waking = false;
        this.onReady();
      },
      this.#idleAt - now - ROOM,
    );
  }

  #carry(datagram: Uint8Array, sentAt: number, seen: { fate: string }): void {
    const { delay, jitter, loss, duplication, reordering, reorderDelay, corruption, cut } = this.impairment;
    const dice = this.#dice;
    if (cut || dice.chance(loss)) {
      seen.fate = cut ? 'cut' : 'lost';
      return;
    }
    let bytes = datagram;
    if (dice.chance(corruption)) {
      bytes = spoil(bytes, dice);
      seen.fate = 'corrupted';
    }
    let arrival = Math.max(this.#lastArrival, sentAt + delay + dice.fraction() * jitter);
    if (dice.chance(reordering)) {
      arrival += dice.fraction() * reorderDelay;
      seen.fate += ` late, ${arrival.toFixed(3)}`;
    } else this.#lastArrival = arrival;
    this.#deliver(bytes, arrival);
    if (!dice.chance(duplication)) return;
    const again = arrival + dice.fraction() * (reorderDelay + jitter);
    seen.fate += ` twice, ${again.toFixed(3)}`;
    this.#deliver(bytes, again);
  }

  #deliver(datagram: Uint8Array, at: number): void {
    this.#clock.setTimeout(() => {
      if (!this.impairment.cut) this.peer?.onDatagram(datagram);
    }, at - this.#clock.now());
  }
}

/** Damage that a checksum of ones' complement is bound to notice, or that does not matter: octets behind the end. */
function spoil(datagram: Uint8Array, dice: Dice): Uint8Array {
  if (dice.chance(0.1)) return datagram.subarray(0, dice.integer(0, datagram.length - 1));
  if (dice.chance(0.1)) {
    const longer = new Uint8Array(datagram.length + dice.integer(1, 8));
    longer.set(datagram);
    return longer;
  }
  const flipped = datagram.slice();
  const bit = dice.integer(0, 8 * datagram.length - 1);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}

/** Two ends joined; each direction is spoilt on its own. */
export function impairedWire(scenario: Scenario, clock: VirtualClock, dice: Dice, trace: Trace): Joint {
  const a = new WireEnd('a >', scenario.wire.a, clock, dice.fork(), trace);
  const b = new WireEnd('b <', scenario.wire.b, clock, dice.fork(), trace);
  a.peer = b;
  b.peer = a;
  const ends = { a, b };
  return {
    ...ends,
    cut: (sides, isCut) => {
      for (const side of sides) ends[side].impairment.cut = isCut;
    },
    repair: () => {
      for (const end of [a, b]) Object.assign(end.impairment, PERFECT_WIRE);
    },
  };
}
