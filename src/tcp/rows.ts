/** Rows in a page: pages are made as they are needed, so that nothing is ever copied to grow. */
const PAGE = 4096;
/** The end of a list of rows. */
export const NONE = -1;

/** A table of rows of `width` bytes, numbered from 0, whose first four bytes link those that are free. */
export class Rows {
  readonly #width: number;
  readonly #pages: DataView[] = [];
  #used = 0;
  #free = NONE;

  constructor(width: number) {
    this.#width = width;
  }

  /** @returns the number of a row that nobody uses */
  take(): number {
    const row = this.#free;
    if (row === NONE) return this.#take();
    this.#free = this.page(row).getInt32(this.offset(row));
    return row;
  }

  release(row: number): void {
    this.page(row).setInt32(this.offset(row), this.#free);
    this.#free = row;
  }

  /** The bytes among which the row lies, */
  page(row: number): DataView {
    return this.#pages[Math.floor(row / PAGE)]!;
  }

  /** and where it begins there. */
  offset(row: number): number {
    return (row % PAGE) * this.#width;
  }

  #take(): number {
    if (this.#used % PAGE === 0) this.#pages.push(new DataView(new ArrayBuffer(PAGE * this.#width)));
    return this.#used++;
  }
}
