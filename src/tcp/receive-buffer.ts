import { Ring } from './ring.ts';
import { add, atMost, before, distance, earlier, later } from './seq.ts';

/** A run of text that was received ahead of a gap: sequence numbers, `end` exclusive. */
export interface Range {
  start: number;
  end: number;
}

interface ChangedRange extends Range {
  /** Counts up: the range that changed last has the largest. */
  changed: number;
}

/**
 * More gaps than this are not kept: text that would open another is dropped and comes again. Bounds
 * the time and memory that a peer sending crumbs can cost (CVE-2018-6922).
 */
const MOST_RANGES = 128;

/**
 * Text that arrived and was not read yet: the part in order, readable, and ranges ahead of gaps. Exists
 * only while it holds something.
 */
export class ReceiveBuffer {
  readonly #ring = new Ring();
  /** Ahead of the gaps, ascending, apart from each other. */
  readonly ranges: ChangedRange[] = [];
  #changes = 0;
  /** The next octet expected: the end of the readable text. */
  #next: number;
  /** Octets readable. */
  readable = 0;
  /** Where the peer's FIN stands, if it arrived ahead of a gap. */
  finSeq: number | undefined;

  constructor(next: number) {
    this.#next = next;
  }

  get empty(): boolean {
    return this.readable === 0 && this.ranges.length === 0 && this.finSeq === undefined;
  }

  /**
   * Takes in text at or after the next octet expected.
   * @returns the octets by which the readable text grew, or undefined when the text was not kept
   */
  put(seq: number, text: Uint8Array): number | undefined {
    const end = add(seq, text.length);
    if (seq !== this.#next && !this.#insert(seq, end)) return undefined;
    this.#ring.place(this.readable + distance(this.#next, seq), text);
    if (seq !== this.#next) return 0;
    const start = this.#next;
    this.#next = end;
    this.#absorb();
    const grown = distance(start, this.#next);
    this.readable += grown;
    return grown;
  }

  /** Notes where the peer's FIN stands, ahead of a gap; one that contradicts what came before is no FIN. */
  noteFin(seq: number): void {
    const furthest = this.ranges.at(-1)?.end ?? this.#next;
    if (!before(seq, furthest)) this.finSeq ??= seq;
  }

  /** The FIN is in order: there are no gaps any more, and what a peer said of text behind it was wrong. */
  endHere(): void {
    this.finSeq = undefined;
    this.ranges.length = 0;
  }

  /** Removes and returns some of the readable text, at least one octet and at most `limit`; undefined when there is none. */
  read(limit: number): Uint8Array | undefined {
    if (this.readable === 0) return undefined;
    const text = this.#ring.peek(Math.min(this.readable, limit));
    this.#ring.consume(text.length);
    this.readable -= text.length;
    // Nothing is placed any more once the buffer is empty, and it is then forgotten: no copy is needed.
    return this.empty ? text : text.slice();
  }

  /** The ranges as SACK blocks, most recently changed first: each is reported several times, for acknowledgments get lost (RFC 2018 §4). */
  sackBlocks(most: number): Range[] {
    return [...this.ranges].sort((a, b) => b.changed - a.changed).slice(0, most);
  }

  /** Adds a range, merged with those it touches; false when there are too many. */
  #insert(seq: number, end: number): boolean {
    const first = this.#firstEndingAtOrAfter(seq);
    let last = first;
    while (last < this.ranges.length && atMost(this.ranges[last]!.start, end)) last++;
    if (first === last && this.ranges.length >= MOST_RANGES) return false;
    const merged = { start: seq, end, changed: ++this.#changes };
    for (; first < last; last--) {
      const range = this.ranges[last - 1]!;
      merged.start = earlier(merged.start, range.start);
      merged.end = later(merged.end, range.end);
      this.ranges.splice(last - 1, 1);
    }
    this.ranges.splice(first, 0, merged);
    return true;
  }

  #firstEndingAtOrAfter(seq: number): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.ranges[middle]!.end, seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Ranges that the readable text now touches become part of it. */
  #absorb(): void {
    while (this.ranges.length > 0 && atMost(this.ranges[0]!.start, this.#next)) {
      this.#next = later(this.#next, this.ranges.shift()!.end);
    }
  }
}
