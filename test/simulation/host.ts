import type { Stack } from '../../src/ip/stack.ts';
import { Invariants } from '../support/invariants.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { HostLine } from './impaired-wire.ts';

/** A driver under virtual time, without turns of the event loop: after each step the invariants are looked at. */
export class Host {
  readonly stack: Stack;
  readonly line: HostLine;
  readonly #clock: VirtualClock;
  readonly #invariants: Invariants;
  #timer: unknown;
  #timerAt = Number.POSITIVE_INFINITY;
  #settling = false;
  #stopped = false;

  /** @param seesAll whether the peer sends only whole datagrams, so that all its windows are seen */
  constructor(stack: Stack, line: HostLine, clock: VirtualClock, seesAll: boolean) {
    this.stack = stack;
    this.line = line;
    this.#clock = clock;
    this.#invariants = new Invariants(stack);
    stack.onPending = () => this.#settleSoon();
    line.onReady = () => this.settle();
    line.onDatagram = (datagram) => {
      stack.receive(datagram, clock.now());
      if (seesAll) this.#invariants.received(datagram);
      this.#invariants.check();
      this.settle();
    };
  }

  /** To be called after an application called the stack. */
  settle(): void {
    if (this.#stopped) return;
    this.#invariants.check();
    while (this.line.ready && this.#transmit());
    const deadline = this.stack.deadline();
    if (deadline === this.#timerAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = deadline;
    if (deadline !== Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.setTimeout(() => this.#expire(), deadline - this.#clock.now());
  }

  /** Lets go of the line and the timers, as a process that is killed. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.stack.onPending = () => {};
    this.line.onReady = () => {};
    this.line.onDatagram = () => {};
    this.#stopped = true;
  }

  #transmit(): boolean {
    const datagram = this.stack.transmit(this.#clock.now());
    this.#invariants.check();
    if (!datagram) return false;
    this.#invariants.transmitted(datagram);
    this.line.send(datagram);
    return true;
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.stack.expire(this.#clock.now());
    this.settle();
  }

  /** What an application does in the middle of something is sent once that is done. */
  #settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    this.#clock.setTimeout(() => {
      this.#settling = false;
      this.settle();
    }, 0);
  }
}
