import { newBytes, view } from '../wire/bytes.ts';

const SMALLEST = 64;
const NOTHING = new Uint8Array(0);

/**
 * Bytes in a circle that grows with what it holds: the text of a connection, addressed by its
 * distance from the oldest byte. Bytes may be placed ahead of a gap; who places them keeps account.
 */
export class Ring {
  #bytes: Uint8Array = NOTHING;
  #start = 0;

  /** Copies `source` to `offset` bytes after the oldest. */
  place(offset: number, source: Uint8Array): void {
    this.#reserve(offset + source.length);
    const at = this.#at(offset);
    const first = Math.min(source.length, this.#bytes.length - at);
    this.#bytes.set(first === source.length ? source : view(source, 0, first), at);
    if (first < source.length) this.#bytes.set(view(source, first), 0);
  }

  /** Copies `length` bytes from `offset` into `target` at `targetAt`. */
  copy(offset: number, length: number, target: Uint8Array, targetAt: number): void {
    const at = this.#at(offset);
    const first = Math.min(length, this.#bytes.length - at);
    target.set(view(this.#bytes, at, at + first), targetAt);
    if (first < length) target.set(view(this.#bytes, 0, length - first), targetAt + first);
  }

  /** The oldest `length` bytes, or fewer: as many as lie in one piece. Valid until the ring changes. */
  peek(length: number): Uint8Array {
    return view(this.#bytes, this.#start, Math.min(this.#start + length, this.#bytes.length));
  }

  /** Forgets the oldest `count` bytes. */
  consume(count: number): void {
    this.#start = this.#at(count);
  }

  #at(offset: number): number {
    const at = this.#start + offset;
    return at < this.#bytes.length ? at : at - this.#bytes.length;
  }

  /** What comes first is often all there is, and gets no more room than it needs; from then on the room doubles. */
  #reserve(length: number): void {
    const { length: room } = this.#bytes;
    if (length <= room) return;
    const larger = newBytes(room === 0 ? Math.max(SMALLEST, length) : 2 ** Math.ceil(Math.log2(length)));
    if (room > 0) this.copy(0, room, larger, 0);
    this.#bytes = larger;
    this.#start = 0;
  }
}
