import type { Clock } from '../clock.ts';
import { type Faults, Noise, PERFECT } from './noise.ts';
import { DEFAULT_BAUD, msPerByte } from './pacer.ts';
import type { Port } from './port.ts';
import type { Random } from './random.ts';

/** One direction of a virtual line. Everything may be changed while it runs, and applies to what is written from then on. */
export interface Direction extends Faults {
  /** Bits per second, 8N1; 0: bytes arrive at once. */
  baud: number;
  /** Bytes that the sending device holds before it stops taking more: 4,096 in a Linux tty. */
  deviceBuffer: number;
}

export const DIRECTION: Direction = { ...PERFECT, baud: DEFAULT_BAUD, deviceBuffer: 4096 };

/** A piece under way and when its last byte arrives, in ms. */
interface Piece {
  bytes: Uint8Array;
  arrival: number;
}

/** Timers need not be exact to the last bit of a number. */
const TOLERANCE_MS = 0.001;

/** An end of a virtual cable. What is written arrives at the other end in one piece, when its last byte would. */
export class VirtualPort implements Port {
  isOpen = true;
  pending = 0;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onTaken = () => {};
  onOpen = () => {};
  onLost: (reason: string) => void = () => {};
  onRefused: (reason: string) => void = () => {};
  /** The other end of the cable. */
  peer: VirtualPort | undefined;

  readonly #direction: Direction;
  readonly #clock: Clock;
  readonly #noise: Noise;
  /** In the order of arrival. */
  readonly #underWay: Piece[] = [];
  /** When the device will have sent what it holds. */
  #idleAt = -Infinity;
  #timer: unknown;

  /** @param direction the faults of what is written at this end */
  constructor(direction: Direction, clock: Clock, random: Random) {
    this.#direction = direction;
    this.#clock = clock;
    this.#noise = new Noise(direction, random);
  }

  write(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    const now = this.#clock.now();
    const { baud, deviceBuffer } = this.#direction;
    const perByte = msPerByte(baud);
    this.#idleAt = Math.max(this.#idleAt, now) + bytes.length * perByte;
    this.#hold(this.#idleAt - deviceBuffer * perByte - now);
    for (const { bytes: piece, delay } of this.#noise.disturb(bytes)) {
      this.#dispatch({ bytes: piece, arrival: this.#idleAt + delay });
    }
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#clock.clearTimeout(this.#timer);
    this.#underWay.length = 0;
  }

  /** The last write does not fit into the device for `ms` yet. */
  #hold(ms: number): void {
    if (ms <= 0) return;
    this.pending++;
    this.#clock.setTimeout(() => {
      this.pending--;
      this.onTaken();
    }, ms);
  }

  #dispatch(piece: Piece): void {
    const queue = this.#underWay;
    let at = queue.length;
    while (at > 0 && queue[at - 1]!.arrival > piece.arrival) at--;
    queue.splice(at, 0, piece);
    if (at === 0) this.#awaitFirst();
  }

  #awaitFirst(): void {
    this.#clock.clearTimeout(this.#timer);
    const first = this.#underWay[0];
    if (first) this.#timer = this.#clock.setTimeout(() => this.#deliver(), first.arrival - this.#clock.now());
  }

  /** One timer serves all, so that late and early timers cannot change the order. */
  #deliver(): void {
    const due = this.#clock.now() + TOLERANCE_MS;
    while (this.#underWay[0] && this.#underWay[0].arrival <= due) {
      const { bytes } = this.#underWay.shift()!;
      if (this.peer?.isOpen) this.peer.onBytes(bytes);
    }
    this.#awaitFirst();
  }
}
