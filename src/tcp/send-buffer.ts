import { Ring } from './ring.ts';

/** Text that was written and is not acknowledged yet, sent or not. Offsets count from the oldest byte. */
export class SendBuffer {
  readonly #ring = new Ring();
  length = 0;

  append(text: Uint8Array): void {
    this.#ring.place(this.length, text);
    this.length += text.length;
  }

  copy(offset: number, length: number, target: Uint8Array, targetAt: number): void {
    this.#ring.copy(offset, length, target, targetAt);
  }

  acknowledge(count: number): void {
    this.#ring.consume(count);
    this.length -= count;
  }
}
