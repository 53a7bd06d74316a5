import { DATAGRAM_TIME, type Host } from '../peers.ts';

/** The event loop turns. */
const TURN = -1;

/** What was done to a stack, and when it gave what: it can be done again to another without those who did it. */
export class Script {
  /** A datagram that came, the length of one that went, 0 for none that did, or TURN. */
  readonly #events: (Uint8Array | number)[] = [];

  get length(): number {
    return this.#events.length;
  }

  /** The same stack; what is done to it is noted. */
  of(stack: Host): Host {
    return {
      address: stack.address,
      receive: (datagram, now) => {
        this.#events.push(datagram);
        stack.receive(datagram, now);
      },
      transmit: (now) => {
        const datagram = stack.transmit(now);
        this.#events.push(datagram?.length ?? 0);
        return datagram;
      },
    };
  }

  /** Lets the event loop turn. */
  async turn(): Promise<void> {
    this.#events.push(TURN);
    await turn();
  }

  /**
   * Does the events from `from` to `to`, exclusive, to `stack`, which is new but for those before.
   *
   * @param now virtual time in ms
   * @returns the time after them
   * @throws {Error} when the stack gives something else
   */
  async play(stack: Host, now: number, from: number, to: number): Promise<number> {
    for (let i = from; i < to; i++) {
      const event = this.#events[i]!;
      if (typeof event === 'object') {
        now += DATAGRAM_TIME;
        stack.receive(event, now);
      } else if (event === TURN) {
        await turn();
      } else {
        const datagram = stack.transmit(now);
        if ((datagram?.length ?? 0) !== event) throw new Error('the stack did not do the same again');
        if (datagram) now += DATAGRAM_TIME;
      }
    }
    return now;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
