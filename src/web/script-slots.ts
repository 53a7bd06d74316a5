/** Gives up a place. */
export type Release = () => void;

/** Places for those who run at once, and a queue of bounded length for those who wait. */
export class ScriptSlots {
  #free: number;
  readonly #longest: number;
  readonly #queue = new Set<() => void>();

  constructor(places: number, longest: number) {
    this.#free = places;
    this.#longest = longest;
  }

  /**
   * Waits for a place; undefined when too many wait already.
   *
   * @throws the signal's reason, when it aborts before there is one
   */
  async take(signal: AbortSignal): Promise<Release | undefined> {
    signal.throwIfAborted();
    if (this.#free === 0) {
      if (this.#queue.size >= this.#longest) return undefined;
      await this.#turn(signal);
    } else {
      this.#free--;
    }
    return () => this.#release();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#queue.add(enter);
    });
  }

  /** The place goes to who has waited longest. */
  #release(): void {
    const [first] = this.#queue;
    if (!first) this.#free++;
    else {
      this.#queue.delete(first);
      first();
    }
  }
}
