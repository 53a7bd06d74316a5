import type { Encoded } from './reply.ts';

/** Bodies ready to be sent, at most `limit` bytes of them; the longest unused go first. */
export class FileCache {
  readonly #limit: number;
  readonly #bodies = new Map<string, Encoded>();
  /** Those being made: visitors who want the same wait together. */
  readonly #making = new Map<string, Promise<Encoded>>();
  size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The body under `key`, from `make` when it is not here. @throws what `make` throws */
  async get(key: string, make: () => Promise<Encoded>): Promise<Encoded> {
    const body = this.#bodies.get(key);
    if (body) {
      this.#bodies.delete(key);
      this.#bodies.set(key, body);
      return body;
    }
    const making = this.#making.get(key) ?? this.#make(key, make);
    return making;
  }

  async #make(key: string, make: () => Promise<Encoded>): Promise<Encoded> {
    const making = make();
    this.#making.set(key, making);
    try {
      const made = await making;
      this.#bodies.set(key, made);
      this.size += made.body.length;
      this.#shrink();
      return made;
    } finally {
      this.#making.delete(key);
    }
  }

  #shrink(): void {
    for (const [key, { body }] of this.#bodies) {
      if (this.size <= this.#limit) return;
      this.#bodies.delete(key);
      this.size -= body.length;
    }
  }
}
