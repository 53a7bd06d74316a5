import type { TcpOptions } from '../wire/tcp.ts';
import type { Listener } from './listener.ts';
import { keyOf, type Tuple } from './ports.ts';
import { Queue } from './queue.ts';

/** A SYN that waits for its answer, or has had it lately. */
export interface Arrival {
  readonly listener: Listener;
  readonly tuple: Tuple;
  /** The SYN's sequence number and options. */
  readonly irs: number;
  readonly options: TcpOptions;
  /** When it first came, and when last, ms. */
  readonly arrivedAt: number;
  heardAt: number;
  /** When it was answered, ms; undefined before. */
  answeredAt: number | undefined;
  /** Times that it was answered. */
  answers: number;
}

/** Nobody knocks for longer than this, in ms, and would not stay for the visit after waiting for most of it. */
export const PATIENCE = 20_000;
const LONGEST_WAIT = 18_000;
/** A SYN that comes again within this time after its answer crossed it on the way, in ms. */
const CROSSING = 3000;
/** Before a SYN comes again, its sender waits about as long as since the first, and this much at least, in ms. */
const FIRST_REPEAT = 1000;
/** Who has knocked lately is remembered, up to so many: the memory that a flood can take. */
const MOST_KNOWN = 4096;

/**
 * Those who have sent a SYN and wait for its answer, and those who have had it, for as long as their SYNs may
 * still come. Bounded; what is forgotten comes again.
 */
export class WaitingRoom {
  /** By remote address and port. */
  readonly #known = new Map<number, Arrival>();
  /** The known and those that took their place, as they came. */
  readonly #order = new Queue<Arrival>();
  /** Those without an answer, by when they first came. */
  readonly #waiting: Arrival[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Who has knocked lately with this address and port. */
  find({ remoteAddress, remotePort }: Tuple): Arrival | undefined {
    return this.#known.get(keyOf(remoteAddress, remotePort));
  }

  /**
   * A SYN came. One that is known keeps its place; one whose answer was lost waits again.
   *
   * @returns whether it waits now and did not before
   */
  enter(arrival: Arrival): boolean {
    const now = arrival.arrivedAt;
    this.#forgetOld(now);
    const known = this.find(arrival.tuple);
    if (known?.irs !== arrival.irs) return this.#admit(arrival, known);
    known.heardAt = now;
    const isAnswered = known.answeredAt !== undefined && now - known.answeredAt < CROSSING;
    if (isAnswered || now - known.arrivedAt > LONGEST_WAIT || this.#waiting.includes(known)) return false;
    known.answeredAt = undefined;
    const at = this.#waiting.findLastIndex((other) => other.arrivedAt <= known.arrivedAt);
    this.#waiting.splice(at + 1, 0, known);
    return true;
  }

  /** Takes out the one who has waited longest, of those whose SYNs still come if there are any: the others have left. */
  takeOldest(now: number): Arrival | undefined {
    const at = this.#waiting.findIndex((arrival) => isThere(arrival, now));
    return this.#waiting.splice(Math.max(0, at), 1)[0];
  }

  /** Lets the one go who has waited longest, for there are too many. */
  dropOldest(): void {
    this.#waiting.shift();
  }

  takeNewest(): Arrival | undefined {
    return this.#waiting.pop();
  }

  /** Lets those go who have waited for too long. */
  relieve(now: number): void {
    while (this.#waiting[0] && now - this.#waiting[0].arrivedAt > LONGEST_WAIT) this.#waiting.shift();
  }

  /** Does as if that one had never come. */
  forget(arrival: Arrival): void {
    if (this.find(arrival.tuple) !== arrival) return;
    this.#known.delete(keyOf(arrival.tuple.remoteAddress, arrival.tuple.remotePort));
  }

  /** Has nobody wait for `listener` any more. */
  clear(listener: Listener): void {
    this.#keepWaiting((arrival) => arrival.listener !== listener);
  }

  #admit(arrival: Arrival, previous: Arrival | undefined): boolean {
    if (previous) this.#keepWaiting((other) => other !== previous);
    this.#known.set(keyOf(arrival.tuple.remoteAddress, arrival.tuple.remotePort), arrival);
    this.#order.push(arrival);
    this.#waiting.push(arrival);
    return true;
  }

  #keepWaiting(isKept: (arrival: Arrival) => boolean): void {
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter(isKept));
  }

  #forgetOld(now: number): void {
    for (let first = this.#order.peek(); first; first = this.#order.peek()) {
      if (this.#order.length < MOST_KNOWN && now - first.arrivedAt < PATIENCE) return;
      this.#order.shift();
      this.forget(first);
    }
  }
}

/** Whether the next SYN of `arrival` is not overdue: it may be late by as much as senders wait for it. */
function isThere({ arrivedAt, heardAt }: Arrival, now: number): boolean {
  return now - heardAt <= 2 * (heardAt - arrivedAt + FIRST_REPEAT);
}
