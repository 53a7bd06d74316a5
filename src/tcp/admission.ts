import type { Connection } from './connection.ts';
import { fullDatagram, type TcpSettings } from './settings.ts';

/** Answers in a row that an idle line may give at once, by the time that their visits will take on it, ms. */
const BURST = 4000;
/** While the turns that wait would take this long, nobody else is let in; ms. */
const LONGEST_ROUND = 10_000;
/** Waiting for longer than this, with the way there and back and the visit itself, would try anybody's patience; ms. */
export const LONGEST_WAIT = 15_000;
/** However fast the line is, no more than so many wait. */
const MOST_WAITING = 1024;
/** The cost of an answer is a mean over about so many of the latest. */
const MEMORY = 64;
/** A connection counts for no more than so many full datagrams: a download goes on beside the visits of others. */
const DEAREST = 2;

/**
 * When the next handshake may be answered (docs/decisions/004-admission.md). Each answer leads to a visit, or
 * does not; what one costs on the mean is what connections have been sent since, and answers are spaced by it. On
 * a line of unknown speed there is no limit.
 */
export class Admission {
  readonly #settings: TcpSettings;
  /** Octets sent, decaying with each answer: MEMORY times the mean cost of one. */
  #octets: number;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(settings: TcpSettings) {
    this.#settings = settings;
    this.#octets = MEMORY * this.#turnOctets;
  }

  /** When the next answer may go out, in ms, while so many connections wait for their turn. */
  nextAt(turnsWaiting: number): number {
    return turnsWaiting * this.#turn > LONGEST_ROUND ? Number.POSITIVE_INFINITY : this.#nextAt;
  }

  /** How many may wait for an answer: those after them could not be served while they are patient. */
  get room(): number {
    return this.#turn === 0 ? MOST_WAITING : Math.min(MOST_WAITING, Math.ceil(LONGEST_WAIT / this.#cost));
  }

  answered(now: number): void {
    this.#nextAt = Math.max(this.#nextAt, now - BURST) + this.#cost;
    this.#octets *= 1 - 1 / MEMORY;
  }

  /** An answer came too late, and will lead to no visit. */
  refused(): void {
    this.#nextAt -= this.#cost;
  }

  /** So many octets went to `c`, or to one who has none yet. */
  sent(octets: number, c?: Connection): void {
    const most = DEAREST * this.#turnOctets;
    const counted = c ? Math.min(octets, most - c.octetsCounted) : octets;
    if (c) c.octetsCounted += counted;
    this.#octets = Math.min(this.#octets + counted, MEMORY * most);
  }

  /** What a full datagram takes on the line, in ms. */
  get #turn(): number {
    return this.#settings.lineTime / 2;
  }

  get #turnOctets(): number {
    return fullDatagram(this.#settings);
  }

  /** The mean time on the line that an answer has led to, in ms. */
  get #cost(): number {
    return (this.#octets / MEMORY / this.#turnOctets) * this.#turn;
  }
}
