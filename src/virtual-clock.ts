import type { Clock } from './clock.ts';

interface Timer {
  due: number;
  /** Timers due at the same time run in the order they were set. */
  order: number;
  callback: (() => void) | undefined;
}

/** A clock that stands still until it is told to go on, and then runs what falls due, in order. */
export class VirtualClock implements Clock {
  #now: number;
  #set = 0;
  /** A binary heap, the earliest first. */
  readonly #timers: Timer[] = [];

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer = { due: this.#now + Math.max(0, ms), order: this.#set++, callback };
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    if (timer) (timer as Timer).callback = undefined;
  }

  /** When the next timer is due, in ms; Infinity when none is set. */
  get next(): number {
    while (this.#timers[0] && !this.#timers[0].callback) this.#removeFirst();
    return this.#timers[0]?.due ?? Infinity;
  }

  /** Lets `ms` pass, running the timers due within them. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.next <= end) this.#runNext();
    this.#now = end;
  }

  /** Runs timer after timer until none is set. @throws {Error} when some are still set after `limit` ms. */
  runUntilIdle(limit = 3_600_000): void {
    const end = this.#now + limit;
    while (this.next <= end) this.#runNext();
    if (this.next !== Infinity) throw new Error(`still busy after ${limit} ms of virtual time`);
  }

  /** Like `advance`, for what also needs turns of the event loop: streams and promises run before and after each timer. */
  async advanceWithTurns(ms: number, turns = 2): Promise<void> {
    const end = this.#now + ms;
    await eventLoopTurns(turns);
    while (this.next <= end) {
      this.#runNext();
      await eventLoopTurns(turns);
    }
    this.#now = end;
  }

  #runNext(): void {
    const timer = this.#removeFirst();
    this.#now = Math.max(this.#now, timer.due);
    timer.callback?.();
  }

  #removeFirst(): Timer {
    const first = this.#timers[0]!;
    const last = this.#timers.pop()!;
    if (last !== first) {
      this.#timers[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#timers.length && this.#before(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #before(a: number, b: number): boolean {
    const [one, other] = [this.#timers[a]!, this.#timers[b]!];
    return one.due < other.due || (one.due === other.due && one.order < other.order);
  }

  #swap(a: number, b: number): void {
    const timer = this.#timers[a]!;
    this.#timers[a] = this.#timers[b]!;
    this.#timers[b] = timer;
  }
}

async function eventLoopTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
