import { NONE, type Rows } from './rows.ts';

/** Deadlines of rows are whole seconds. */
export const TICK = 1000;
/** Ticks in a turn of the wheel; no deadline may lie further ahead. */
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
    const head = this.#heads[due % SPOKES]!;
    if (head !== NONE) this.#write(head, PREVIOUS, row);
    this.#write(row, PREVIOUS, NONE);
    this.#write(row, NEXT, head);
    this.#write(row, DUE, due);
    this.#heads[due % SPOKES] = row;
    this.#first = this.#count++ === 0 ? due : Math.min(this.#first, due);
  }

  remove(row: number): void {
    const previous = this.#read(row, PREVIOUS);
    const next = this.#read(row, NEXT);
    if (next !== NONE) this.#write(next, PREVIOUS, previous);
    if (previous !== NONE) this.#write(previous, NEXT, next);
    else this.#heads[this.#read(row, DUE) % SPOKES] = next;
    this.#count--;
  }

  /** When the row is due, ms. */
  deadlineOf(row: number): number {
    return this.#read(row, DUE) * TICK;
  }

  /** One of the rows that are due first, if there are any. */
  get first(): number | undefined {
    if (this.#count === 0) return undefined;
    while (this.#heads[this.#first % SPOKES] === NONE) this.#first++;
    return this.#heads[this.#first % SPOKES];
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
