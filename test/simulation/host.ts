import assert from 'node:assert/strict';
import type { Stack } from '../../src/ip/stack.ts';
import { Invariants } from '../support/invariants.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { HostLine } from './impaired-wire.ts';

/** More datagrams at one instant are a loop without end. */
const MOST_AT_ONCE = 20_000;

/** A driver under virtual time, without turns of the event loop: after each step the invariants are looked at. */
export class Host {
  readonly stack: Stack;
  readonly line: HostLine;
  readonly #clock: VirtualClock;
  readonly #invariants: Invariants;
  #timer: unknown;
  #timerAt = Number.POSITIVE_INFINITY;
  #settling = false;
  /** Datagrams sent at the instant of the last one. */
  #atOnce = 0;
  #lastAt = 0;
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
    this.#countAtOnce();
    this.line.send(datagram);
    return true;
  }

  #countAtOnce(): void {
    const now = this.#clock.now();
    this.#atOnce = now === this.#lastAt ? this.#atOnce + 1 : 0;
    this.#lastAt = now;
    assert.ok(this.#atOnce < MOST_AT_ONCE, 'datagrams without end go out at the same instant');
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
