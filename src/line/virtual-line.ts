import { type Clock, systemClock } from '../clock.ts';
import { seededRandom } from './random.ts';
import { SlipLine, type SlipLineOptions } from './slip-line.ts';
import { DIRECTION, type Direction, VirtualPort } from './virtual-port.ts';

export interface VirtualLineOptions extends Partial<Omit<SlipLineOptions, 'clock'>> {
  clock?: Clock;
  /** Decides every fault: the same seed, bytes and times give the same faults. Default 1. */
  seed?: number;
  /** Faults and device of the direction from `a` to `b`; its own `baud` differs from the line's only where one device is slow. */
  aToB?: Partial<Direction>;
  bToA?: Partial<Direction>;
}

/** Two ends of a serial line that exists only in memory: paced, lossy and seeded, under any clock. */
export class VirtualLine {
  readonly a: SlipLine;
  readonly b: SlipLine;
  /** What may be changed while the line runs: `line.aToB.errorRate = 1e-5`. */
  readonly aToB: Direction;
  readonly bToA: Direction;

  /** `baud` is 115,200 by default, in both directions. */
  constructor(options: VirtualLineOptions = {}) {
    const { clock = systemClock, baud = DIRECTION.baud, seed = 1, aToB, bToA, ...rest } = options;
    this.aToB = { ...DIRECTION, baud, ...aToB };
    this.bToA = { ...DIRECTION, baud, ...bToA };
    const a = new VirtualPort(this.aToB, clock, seededRandom(seed));
    const b = new VirtualPort(this.bToA, clock, seededRandom(~seed));
    a.peer = b;
    b.peer = a;
    this.a = new SlipLine(a, { ...rest, baud, clock });
    this.b = new SlipLine(b, { ...rest, baud, clock });
  }

  /** Sets the speed of both devices and the pacing of both ends, in bits per second. */
  set baud(baud: number) {
    for (const changed of [this.a, this.b, this.aToB, this.bToA]) changed.baud = baud;
  }

  get baud(): number {
    return this.a.baud;
  }
}
