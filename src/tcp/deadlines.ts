import type { Connection } from './connection.ts';

/**
 * Connections by the time at which they want to be woken: a binary heap, so that the earliest is known
 * without a look at the others. Each connection knows its place in it.
 */
export class Deadlines {
  readonly #heap: Connection[] = [];
  readonly #times: number[] = [];

  /** The earliest deadline; Infinity when there is none. */
  get earliest(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** The connection with the earliest deadline. */
  get first(): Connection | undefined {
    return this.#heap[0];
  }

  /** Sets the deadline of `c`; Infinity takes it out. */
  set(c: Connection, time: number): void {
    if (time === Number.POSITIVE_INFINITY) return this.#remove(c);
    if (c.heapIndex < 0) {
      this.#rise(this.#heap.length, c, time);
      return;
    }
    const earlier = this.#times[c.heapIndex]!;
    if (time < earlier) this.#rise(c.heapIndex, c, time);
    else if (time > earlier) this.#sink(c.heapIndex, c, time);
  }

  #remove(c: Connection): void {
    const at = c.heapIndex;
    if (at < 0) return;
    c.heapIndex = -1;
    const last = this.#heap.pop()!;
    const time = this.#times.pop()!;
    if (last === c) return;
    if (at > 0 && time < this.#times[(at - 1) >> 1]!) this.#rise(at, last, time);
    else this.#sink(at, last, time);
  }

  #rise(from: number, c: Connection, time: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#put(at, this.#heap[parent]!, this.#times[parent]!);
      at = parent;
    }
    this.#put(at, c, time);
  }

  #sink(from: number, c: Connection, time: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#times[child + 1]! < this.#times[child]!) child++;
      if (this.#times[child]! >= time) break;
      this.#put(at, this.#heap[child]!, this.#times[child]!);
      at = child;
    }
    this.#put(at, c, time);
  }

  #put(at: number, c: Connection, time: number): void {
    this.#heap[at] = c;
    this.#times[at] = time;
    c.heapIndex = at;
  }
}
