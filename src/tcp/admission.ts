import type { Connection } from './connection.ts';
import { carriedIn, fullDatagram, type TcpSettings } from './settings.ts';

/** Answers in a row that an idle line may give at once, by the time that their visits will take on it, ms. */
const BURST = 4000;
/** While those who have something to send need the line for longer than this, nobody else is let in; ms. */
const LONGEST_ROUND = 8000;
/** Waiting for longer than this, with the way there and back and the visit itself, would try anybody's patience; ms. */
export const LONGEST_WAIT = 15_000;
/** What is sent beyond this time on the line is no visit any more but a download, which goes on beside the visits of others; ms. */
const LONGEST_VISIT = 1500;
/** However fast the line is, no more than so many wait. */
const MOST_WAITING = 1024;
/** The cost of an answer is a mean over about so many of the latest. */
const MEMORY = 64;
/** What a visit takes, in octets, as long as none has shown it. */
const FIRST_GUESS = 1400;
/** An answer itself, and the header of any datagram, with their framing, in octets. */
const ANSWER = 62;
const HEADER = 42;
/** Datagrams without text that go with one request: its acknowledgment, and that of the peer's FIN. */
const ACKNOWLEDGMENTS = 2;

/**
 * When the next handshake may be answered (docs/decisions/004-admission.md). Each answer leads to a visit, or
 * does not; what one costs on the mean is what connections have been given to send since, and answers are spaced by it.
 * On a line of unknown speed there is no limit.
 */
export class Admission {
  readonly #settings: TcpSettings;
  /** Octets to be sent, decaying with each answer: MEMORY times the mean cost of one. */
  #octets = MEMORY * FIRST_GUESS;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(settings: TcpSettings) {
    this.#settings = settings;
  }

  /** When the next answer may go out, in ms. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Octets that a connection may need, its first ones, as a visit. */
  get visit(): number {
    const { lineTime } = this.#settings;
    const full = fullDatagram(this.#settings);
    return lineTime === 0 ? full : Math.max(full, carriedIn(LONGEST_VISIT, this.#settings));
  }

  /** Octets beyond which those who are being served need the line for too long. */
  get round(): number {
    return carriedIn(LONGEST_ROUND, this.#settings);
  }

  /** How many may wait for an answer: those after them could not be served while they are patient. */
  get room(): number {
    return this.#cost === 0 ? MOST_WAITING : Math.min(MOST_WAITING, Math.ceil(LONGEST_WAIT / this.#cost));
  }

  answered(now: number): void {
    this.#nextAt = Math.max(this.#nextAt, now - BURST) + this.#cost;
    this.#octets = this.#octets * (1 - 1 / MEMORY) + ANSWER;
  }

  /** An answer came too late, and will lead to no visit. */
  refused(): void {
    this.#nextAt -= this.#cost;
  }

  /**
   * `c` was given so many octets of text to send. They count from here: what was sent so far, once the line is full, says
   * how many visitors share it, and not what a visit takes.
   */
  given(c: Connection, text: number): void {
    this.#count(c, text + HEADER * (Math.ceil(text / c.sndMss) + ACKNOWLEDGMENTS));
  }

  /** `c` has sent so many octets again. */
  repeated(c: Connection, octets: number): void {
    this.#count(c, octets);
  }

  /** So many octets went to one who has no connection. */
  sent(octets: number): void {
    this.#octets = Math.min(this.#octets + octets, MEMORY * this.visit);
  }

  /** What `c` needs beyond a visit says nothing of the next one's. */
  #count(c: Connection, octets: number): void {
    this.sent(Math.max(0, Math.min(octets, this.visit - c.octetsSent)));
  }

  /** The mean time on the line that an answer has led to, in ms. */
  get #cost(): number {
    return this.#octets / MEMORY / carriedIn(1, this.#settings);
  }
}
