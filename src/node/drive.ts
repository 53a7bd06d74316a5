import { type Clock, LONGEST_TIMER, systemClock } from '../clock.ts';
import type { Stack } from '../ip/stack.ts';
import type { Line } from '../line/line.ts';

export interface Driver {
  /** Lets go of the line and the stack; neither is closed. */
  stop(): void;
}

/**
 * Joins a stack to a line: what arrives goes in, and whenever the line has room the next datagram is
 * pulled. All the event loop there is: one timer, and one turn after whatever happened.
 */
export function drive(stack: Stack, line: Line, options: { clock?: Clock } = {}): Driver {
  return new StackDriver(stack, line, options.clock ?? systemClock);
}

class StackDriver implements Driver {
  readonly #stack: Stack;
  readonly #line: Line;
  readonly #clock: Clock;
  #timer: unknown;
  #turn: NodeJS.Immediate | undefined;

  constructor(stack: Stack, line: Line, clock: Clock) {
    this.#stack = stack;
    this.#line = line;
    this.#clock = clock;
    stack.onPending = line.onReady = () => this.#settleSoon();
    line.onDatagram = (datagram) => {
      stack.receive(datagram, clock.now());
      this.#settleSoon();
    };
    this.#settleSoon();
  }

  stop(): void {
    this.#stack.onPending = this.#line.onReady = () => {};
    this.#line.onDatagram = () => {};
    this.#clock.clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  /** A turn later, so that a page that ends in the next tick still gets its FIN onto its last segment. */
  #settleSoon(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pull();
      this.#arm();
    });
  }

  #pull(): void {
    while (this.#line.ready) {
      const datagram = this.#stack.transmit(this.#clock.now());
      if (datagram === undefined) return;
      this.#line.send(datagram);
    }
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    const deadline = this.#stack.deadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(0, deadline - this.#clock.now()));
    this.#timer = this.#clock.setTimeout(() => this.#wake(), wait);
  }

  #wake(): void {
    this.#stack.expire(this.#clock.now());
    this.#settleSoon();
  }
}
