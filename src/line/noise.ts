import type { Random } from './random.ts';

/** What goes wrong on a line, as probabilities from 0 to 1 where not said otherwise. */
export interface Faults {
  /** That a bit is inverted. */
  errorRate: number;
  /** That a byte is lost. */
  dropRate: number;
  /** That a burst of noise begins at a byte. */
  burstRate: number;
  /** How many bytes a burst turns into noise. */
  burstLength: number;
  /** That a frame is lost. */
  loss: number;
  /** That a frame arrives twice. */
  duplication: number;
  /** That a frame is held back by `reorderDelay`, so that those sent after it overtake it. */
  reordering: number;
  /** In ms. */
  reorderDelay: number;
  /** How long every byte is under way besides being sent, in ms. */
  delay: number;
  /** Whether the cable is cut: nothing arrives. */
  cut: boolean;
}

export const PERFECT: Faults = {
  errorRate: 0,
  dropRate: 0,
  burstRate: 0,
  burstLength: 16,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderDelay: 200,
  delay: 0,
  cut: false,
};

/** Bytes that do arrive, and how much later than on a line without faults, in ms. */
interface Arrival {
  bytes: Uint8Array;
  delay: number;
}

/** Applies faults to what is written, one frame at a time. */
export class Noise {
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #bitErrors: Strikes;
  readonly #byteDrops: Strikes;
  readonly #bursts: Strikes;
  /** Bytes that the burst going on still turns into noise. */
  #burst = 0;

  constructor(faults: Faults, random: Random) {
    this.#faults = faults;
    this.#random = random;
    this.#bitErrors = new Strikes(random);
    this.#byteDrops = new Strikes(random);
    this.#bursts = new Strikes(random);
  }

  disturb(frame: Uint8Array): Arrival[] {
    const { cut, loss, duplication, reordering, reorderDelay, delay } = this.#faults;
    if (cut || this.#happens(loss)) return [];
    const bytes = this.#dropBytes(this.#makeNoise(this.#invertBits(frame)));
    const late = this.#happens(reordering) ? reorderDelay : 0;
    const arrivals = [{ bytes, delay: delay + late }];
    if (this.#happens(duplication)) arrivals.push({ bytes, delay });
    return arrivals;
  }

  /** No number is drawn for what cannot happen, so that settings do not disturb one another's course. */
  #happens(probability: number): boolean {
    return probability > 0 && this.#random() < probability;
  }

  #invertBits(frame: Uint8Array): Uint8Array {
    let bytes = frame;
    for (const bit of this.#bitErrors.within(frame.length * 8, this.#faults.errorRate)) {
      if (bytes === frame) bytes = new Uint8Array(frame);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    return bytes;
  }

  #makeNoise(frame: Uint8Array): Uint8Array {
    const starts = this.#bursts.within(frame.length, this.#faults.burstRate);
    if (starts.length === 0 && this.#burst === 0) return frame;
    return frame.map((byte, at) => {
      if (starts.includes(at)) this.#burst = this.#faults.burstLength;
      if (this.#burst === 0) return byte;
      this.#burst--;
      return Math.floor(this.#random() * 256);
    });
  }

  #dropBytes(frame: Uint8Array): Uint8Array {
    const dropped = this.#byteDrops.within(frame.length, this.#faults.dropRate);
    return dropped.length === 0 ? frame : frame.filter((_, at) => !dropped.includes(at));
  }
}

/** Where rare independent events strike in a sequence, found by their distances instead of one by one. */
class Strikes {
  readonly #random: Random;
  #rate = 0;
  /** How many are passed over before the next strike. */
  #distance = Infinity;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The places among the next `count` that are struck, each with probability `rate`. */
  within(count: number, rate: number): number[] {
    if (rate !== this.#rate) {
      this.#rate = rate;
      this.#distance = this.#draw();
    }
    const struck: number[] = [];
    let at = this.#distance;
    for (; at < count; at += 1 + this.#draw()) struck.push(at);
    this.#distance = at - count;
    return struck;
  }

  /** A geometric distribution, by inversion. */
  #draw(): number {
    if (this.#rate <= 0) return Infinity;
    return Math.floor(Math.log(1 - this.#random()) / Math.log(1 - this.#rate));
  }
}
