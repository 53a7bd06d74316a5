import { seededRandom } from '../../src/line/random.ts';

/** Seeded choices: the same seed makes the same ones. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    // Seeds that are neighbours give first numbers that resemble each other.
    for (let i = 0; i < 4; i++) this.#random();
  }

  /** Other dice, whose course does not depend on how often these are thrown from now on. */
  fork(): Dice {
    return new Dice(this.integer(-0x8000_0000, 0x7fff_ffff));
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.#random();
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** From `least` to `most`, each order of magnitude as likely as the next. */
  magnitude(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.fraction());
  }

  pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.fraction() * values.length)]!;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.integer(0, 255));
  }
}
