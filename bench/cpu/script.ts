import { setImmediate as turn } from 'node:timers/promises';
import { view } from '../../src/wire/bytes.ts';
import { DATAGRAM_TIME, type Host } from '../peers.ts';

/** The event loop turns. */
const TURN = 0;

/**
 * What was done to a stack, and what it gave: it can be done again to another, without those who did it. Kept in two
 * arrays of numbers, for a million datagrams would keep the collector busy that is to be measured.
 */
export class Script {
  /** A datagram of so many octets came; less than 0, one of so many less one went, or none; or TURN. */
  #events = new Int16Array(65_536);
  #length = 0;
  /** Of those that came, one behind the other. */
  #octets = new Uint8Array(65_536);
  #octetsLength = 0;

  get length(): number {
    return this.#length;
  }

  /** The same stack; what is done to it is noted. */
  of(stack: Host): Host {
    return {
      address: stack.address,
      receive: (datagram, now) => {
        this.#note(datagram.length);
        this.#keep(datagram);
        stack.receive(datagram, now);
      },
      transmit: (now) => {
        const datagram = stack.transmit(now);
        this.#note(gave(datagram));
        return datagram;
      },
    };
  }

  /** Lets the event loop turn. */
  async turn(): Promise<void> {
    this.#note(TURN);
    await turn();
  }

  /**
   * Begins to do all of it again.
   *
   * @param stack a new one
   * @returns what does the events up to `end`, exclusive, from where it was; it throws when the stack gives something else
   */
  player(stack: Host): (end: number) => Promise<void> {
    let [now, at, octetsAt] = [0, 0, 0];
    return async (end) => {
      for (; at < end; at++) {
        const event = this.#events[at]!;
        if (event === TURN) {
          await turn();
        } else if (event > 0) {
          now += DATAGRAM_TIME;
          stack.receive(view(this.#octets, octetsAt, octetsAt + event), now);
          octetsAt += event;
        } else {
          const datagram = stack.transmit(now);
          if (gave(datagram) !== event) throw new Error('the stack did not do the same again');
          if (datagram) now += DATAGRAM_TIME;
        }
      }
    };
  }

  #note(event: number): void {
    if (this.#length === this.#events.length) {
      const more = new Int16Array(2 * this.#length);
      more.set(this.#events);
      this.#events = more;
    }
    this.#events[this.#length++] = event;
  }

  #keep(datagram: Uint8Array): void {
    const length = this.#octetsLength + datagram.length;
    if (length > this.#octets.length) {
      const more = new Uint8Array(2 * this.#octets.length);
      more.set(this.#octets);
      this.#octets = more;
    }
    this.#octets.set(datagram, this.#octetsLength);
    this.#octetsLength = length;
  }
}

/** The event that a stack gave a datagram, or none. */
function gave(datagram: Uint8Array | undefined): number {
  return -1 - (datagram?.length ?? 0);
}
