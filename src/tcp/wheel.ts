import { NONE, type Rows } from './rows.ts';

/** Deadlines of rows are whole seconds. */
const TICK = 1000;
/** Ticks in a turn of the wheel, a power of 2; no deadline may lie further ahead. */
const SPOKES = 512;
/** Bytes of a row that are the wheel's. */
export const WHEEL_WIDTH = 12;
const PREVIOUS = 0;
const NEXT = 4;
const DUE = 8;

/**
 * Rows by their deadlines: a list for each second, so that adding and removing take no longer however many there
 * are. A row's first bytes are its neighbours and its deadline.
 */
export class Wheel {
  readonly #rows: Rows;
  readonly #heads = new Int32Array(SPOKES).fill(NONE);
  #count = 0;
  /** No row is due before this tick. */
  #first = 0;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** @param time ms, of the tick that the row is due at: see `deadlineOf` */
  add(row: number, time: number): void {
    const due = Math.ceil(time / TICK);
    const head = this.#heads[spokeOf(due)]!;
    if (head !== NONE) this.#write(head, PREVIOUS, row);
    this.#write(row, PREVIOUS, NONE);
    this.#write(row, NEXT, head);
    this.#write(row, DUE, due);
    this.#heads[spokeOf(due)] = row;
    this.#first = this.#count++ === 0 ? due : Math.min(this.#first, due);
  }

  remove(row: number): void {
    const previous = this.#read(row, PREVIOUS);
    const next = this.#read(row, NEXT);
    if (next !== NONE) this.#write(next, PREVIOUS, previous);
    if (previous !== NONE) this.#write(previous, NEXT, next);
    else this.#heads[spokeOf(this.#read(row, DUE))] = next;
    this.#count--;
  }

  /** When the row is due, ms. */
  deadlineOf(row: number): number {
    // Kept in 32 bits, which wrap: a clock may count from 1970. It is due less than a turn after the first.
    return (this.#first + ((this.#read(row, DUE) - this.#first) | 0)) * TICK;
  }

  /** One of the rows that are due first, if there are any. */
  get first(): number | undefined {
    if (this.#count === 0) return undefined;
    while (this.#heads[spokeOf(this.#first)] === NONE) this.#first++;
    return this.#heads[spokeOf(this.#first)];
  }

  /** When that is due, ms; Infinity when there is none. */
  get earliest(): number {
    return this.first === undefined ? Number.POSITIVE_INFINITY : this.#first * TICK;
  }

  #read(row: number, field: number): number {
    return this.#rows.page(row).getInt32(this.#rows.offset(row) + field);
  }

  #write(row: number, field: number, value: number): void {
    this.#rows.page(row).setInt32(this.#rows.offset(row) + field, value);
  }
}

function spokeOf(tick: number): number {
  return tick & (SPOKES - 1);
}
