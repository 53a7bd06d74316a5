/** Reads choices from the bytes of an input, as a fuzzer has mutated them; past their end all is zero. */
export class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  number16(): number {
    return this.byte() * 256 + this.byte();
  }

  pick<T>(values: readonly T[]): T {
    return values[this.byte() % values.length]!;
  }

  /** At most `count` bytes; fewer where the input ends. */
  take(count: number): Uint8Array {
    const taken = this.#bytes.slice(this.#at, this.#at + count);
    this.#at += taken.length;
    return taken;
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.take(this.#bytes.length);
  }
}
