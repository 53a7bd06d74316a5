import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import type { Stack } from '../ip/stack.ts';
import { parseAddress } from '../wire/address.ts';

export interface PingOptions {
  /** A dotted quad. */
  address: string;
  /** How many requests; they go on until the signal if left out. */
  count?: number | undefined;
  /** Octets of data in each, 0 to 65,507. Default 56. */
  size?: number;
  /** From one request to the next, in ms. Default 1000. */
  interval?: number;
  /** How long the last replies are waited for, in ms. Default 10,000. */
  timeout?: number;
  /** Ends it early. */
  signal?: AbortSignal;
  /** Of this run, 16 bits: replies to other ones are none of its business. Default: a random one. */
  identifier?: number;
  onReply?: (reply: PingReply) => void;
  clock?: Clock;
}

export interface PingReply {
  sequence: number;
  /** Octets of the ICMP message. */
  length: number;
  ttl: number;
  /** Round-trip time in ms. */
  rtt: number;
  duplicate: boolean;
}

/** Times in ms. */
export interface PingResult {
  sent: number;
  received: number;
  duplicates: number;
  elapsed: number;
  /** The round-trip times of all replies but duplicates. */
  rtts: number[];
}

/** Sends echo requests (RFC 792) and settles when all are answered, or the last had its time. */
export function ping(stack: Stack, options: PingOptions): Promise<PingResult> {
  return new Promise((resolve) => new Run(stack, options, resolve).start());
}

class Run {
  readonly #stack: Stack;
  readonly #options: PingOptions;
  readonly #clock: Clock;
  readonly #done: (result: PingResult) => void;
  readonly #data: Uint8Array;
  readonly #identifier: number;
  /** When each request left that was not answered yet, by sequence number: 65,536 at most. */
  readonly #open = new Map<number, number>();
  readonly #answered = new Map<number, number>();
  readonly #result: PingResult = { sent: 0, received: 0, duplicates: 0, elapsed: 0, rtts: [] };
  #startedAt = 0;
  #timer: unknown;

  constructor(stack: Stack, options: PingOptions, done: (result: PingResult) => void) {
    this.#stack = stack;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#done = done;
    this.#identifier = options.identifier ?? randomInt(0x1_0000);
    this.#data = Uint8Array.from({ length: options.size ?? 56 }, (_, i) => i & 255);
  }

  start(): void {
    const { address, signal } = this.#options;
    const source = parseAddress(address);
    this.#startedAt = this.#clock.now();
    this.#stack.icmp.onEchoReply = (reply) => {
      if (reply.source === source && reply.identifier === this.#identifier) this.#replied(reply);
    };
    signal?.addEventListener('abort', this.#finish);
    this.#send();
  }

  #send(): void {
    const { address, count = Number.POSITIVE_INFINITY, interval = 1000 } = this.#options;
    const sequence = ++this.#result.sent & 0xffff;
    this.#open.set(sequence, this.#clock.now());
    this.#answered.delete(sequence);
    this.#stack.ping(address, this.#identifier, sequence, this.#data);
    const next = this.#result.sent < count ? () => this.#send() : this.#finish;
    this.#timer = this.#clock.setTimeout(next, this.#isLast ? (this.#options.timeout ?? 10_000) : interval);
  }

  get #isLast(): boolean {
    return this.#result.sent === this.#options.count;
  }

  #replied({ sequence, data, ttl }: { sequence: number; data: Uint8Array; ttl: number }): void {
    const duplicate = this.#answered.has(sequence);
    const sentAt = this.#open.get(sequence) ?? this.#answered.get(sequence);
    if (sentAt === undefined) return;
    const rtt = this.#clock.now() - sentAt;
    if (duplicate) this.#result.duplicates++;
    else {
      this.#result.received++;
      this.#result.rtts.push(rtt);
    }
    this.#open.delete(sequence);
    this.#answered.set(sequence, sentAt);
    this.#options.onReply?.({ sequence, length: data.length + 8, ttl, rtt, duplicate });
    if (this.#isLast && this.#open.size === 0) this.#finish();
  }

  readonly #finish = (): void => {
    this.#clock.clearTimeout(this.#timer);
    this.#stack.icmp.onEchoReply = () => {};
    this.#options.signal?.removeEventListener('abort', this.#finish);
    this.#result.elapsed = this.#clock.now() - this.#startedAt;
    this.#done(this.#result);
  };
}
