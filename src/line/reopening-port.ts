import type { Clock } from '../clock.ts';
import type { Port } from './port.ts';
import { PortError } from './port-error.ts';

/** One opening of a device: when it has ended, a new one is made. */
export interface Opening {
  /** @param taken is called when the device has taken the bytes, never inside `write` */
  write(bytes: Uint8Array, taken: () => void): void;
  close(): Promise<void>;
}

export interface OpeningEvents {
  bytes(bytes: Uint8Array): void;
  /** The device is gone, for the reason given in words. Later calls mean nothing. */
  ended(reason: string): void;
}

/** Opens the device. @throws {PortError} when it cannot be opened now */
export type Open = (events: OpeningEvents) => Promise<Opening>;

/** Tries go on for ever, this far apart, in ms: each twice as long after the last, up to the longest. */
const FIRST_RETRY = 100;
const LONGEST_RETRY = 1000;
/** An opening that lasted this long, in ms, was a good one: after it the first retry comes soon. */
const STABLE = 1000;
/** Closing may hang in the driver (serialport #2776); after this many ms it is left to itself. */
const CLOSE_DEADLINE = 1000;

/** A port that is opened anew whenever its device has gone. */
export class ReopeningPort implements Port {
  pending = 0;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onTaken = () => {};
  onOpen = () => {};
  onLost: (reason: string) => void = () => {};
  onRefused: (reason: string) => void = () => {};

  readonly #openDevice: Open;
  readonly #clock: Clock;
  /** What tells the present opening's events from late ones of its predecessors. */
  #attempt: object | undefined;
  #opening: Opening | undefined;
  #openedAt = 0;
  #retry = FIRST_RETRY;
  #timer: unknown;
  #closed = false;
  #flushed = () => {};
  /** Why it could not be opened since it was open last. */
  readonly #refusals = new Set<string>();

  constructor(open: Open, clock: Clock) {
    this.#openDevice = open;
    this.#clock = clock;
  }

  get isOpen(): boolean {
    return this.#opening !== undefined;
  }

  /**
   * Opens the device for the first time.
   *
   * @param wait whether to go on trying, in the background, where the device is absent
   * @throws {PortError} where it is there but cannot be opened, or is absent and not waited for
   */
  async open(wait: boolean): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (!wait || !(error instanceof PortError && error.isAbsence)) throw error;
      this.#retryLater();
    }
  }

  write(bytes: Uint8Array): void {
    const attempt = this.#attempt;
    if (!this.#opening) return;
    this.pending++;
    this.#opening.write(bytes, () => {
      if (attempt !== this.#attempt) return;
      this.pending--;
      if (this.pending === 0) this.#flushed();
      this.onTaken();
    });
  }

  /** Gives the device a moment to take what was written, such as resets, before it is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
    if (this.pending > 0) await this.#withinDeadline(new Promise<void>((done) => (this.#flushed = done)));
    await this.#discard();
  }

  async #open(): Promise<void> {
    const attempt = {};
    this.#attempt = attempt;
    const opening = await this.#openDevice({
      bytes: (bytes) => attempt === this.#attempt && this.onBytes(bytes),
      ended: (reason) => attempt === this.#attempt && this.#ended(reason),
    });
    if (attempt !== this.#attempt || this.#closed) {
      await this.#withinDeadline(opening.close());
      throw new PortError('EIO', 'the port was gone as soon as it was open');
    }
    this.#opening = opening;
    this.#openedAt = this.#clock.now();
    this.#refusals.clear();
    this.onOpen();
  }

  /** The lock on the old device must be gone before the new one is opened, so that is closed first. */
  #ended(reason: string): void {
    const wasOpen = this.isOpen;
    if (this.#clock.now() - this.#openedAt >= STABLE) this.#retry = FIRST_RETRY;
    const closing = this.#discard();
    if (!wasOpen) return;
    this.onLost(reason);
    void closing.then(() => this.#retryLater());
  }

  async #discard(): Promise<void> {
    const opening = this.#opening;
    this.#attempt = undefined;
    this.#opening = undefined;
    this.pending = 0;
    this.#flushed();
    if (opening) await this.#withinDeadline(opening.close());
  }

  /** Any failure is retried: a port that is back may be locked or forbidden for a moment (serialport #2735, udev). */
  #retryLater(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#open().catch((error) => this.#refused(error));
    }, this.#retry);
    this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY);
  }

  /** Absence is not told: that it is waited for is known. */
  #refused(error: Error): void {
    this.#retryLater();
    const isAbsent = error instanceof PortError && error.isAbsence;
    if (this.#closed || isAbsent || this.#refusals.has(error.message)) return;
    this.#refusals.add(error.message);
    this.onRefused(error.message);
  }

  async #withinDeadline(work: Promise<void>): Promise<void> {
    let timer: unknown;
    const deadline = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, CLOSE_DEADLINE);
    });
    await Promise.race([work.catch(() => {}), deadline]);
    this.#clock.clearTimeout(timer);
  }
}
