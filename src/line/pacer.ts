import type { Clock } from '../clock.ts';

/** The speed of a serial line where none is said, in bits a second. */
export const DEFAULT_BAUD = 115_200;
/** 8N1: a start bit, eight of data, a stop bit. */
const BITS_PER_BYTE = 10;
/** How much may still be to be sent when more is handed over, in ms: enough that the line does not idle
 *  while a timer and the event loop are late, too little for anything to grow stale. */
export const ROOM_MS = 12;
/** A timer may be this much early without being set again, in ms: below what a byte takes at any speed in use. */
const TOLERANCE_MS = 0.001;

/**
 * A model of the queue in a serial device: what was written leaves at the baud rate, and nothing else
 * is known. (A system's write callback only says that the bytes were copied, and its drain call can
 * block a thread for as long as the other end holds CTS low.)
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  #msPerByte = 0;
  #emptyAt = -Infinity;
  #timer: unknown;

  /** @param onRoom is called once after `wakeWhenRoom`, as soon as there is room */
  constructor(clock: Clock, onRoom: () => void) {
    this.#clock = clock;
    this.#onRoom = onRoom;
  }

  /** Bits per second; 0 for a device that is not paced. What was written before keeps its times. */
  set baud(baud: number) {
    this.#msPerByte = msPerByte(baud);
  }

  /** How long the device still has to send, in ms; 0 when it is idle. */
  get backlog(): number {
    return Math.max(0, this.#emptyAt - this.#clock.now());
  }

  get hasRoom(): boolean {
    return this.backlog <= ROOM_MS + TOLERANCE_MS;
  }

  wrote(bytes: number): void {
    this.#emptyAt = Math.max(this.#emptyAt, this.#clock.now()) + bytes * this.#msPerByte;
  }

  /** Timers of whole ms fire early as well as late, so the model is asked again when they do. */
  wakeWhenRoom(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(
      () => (this.hasRoom ? this.#onRoom() : this.wakeWhenRoom()),
      this.backlog - ROOM_MS,
    );
  }

  /** Forgets what the device had to send: it is gone. */
  reset(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#emptyAt = -Infinity;
  }
}

/** How long a byte takes at `baud` bits a second, in ms; 0 where there is no pace. */
export function msPerByte(baud: number): number {
  return baud === 0 ? 0 : (BITS_PER_BYTE * 1000) / baud;
}
