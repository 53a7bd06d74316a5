import { randomInt } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import type { Stack } from '../ip/stack.ts';
import type { PortLine } from '../line/line.ts';
import { msPerByte } from '../line/pacer.ts';
import { parseAddress } from '../wire/address.ts';
import { ICMP_HEADER_LENGTH } from '../wire/icmp.ts';
import { IPV4_HEADER_LENGTH } from '../wire/ipv4.ts';

export interface PingOptions {
  /** A dotted quad. */
  address: string;
  /** How many requests; they go on until the signal if left out. */
  count?: number | undefined;
  /** Octets of data in each, 0 to 65,507. Default 56. */
  size?: number;
  /** From one request to the next, in ms; never less than one takes on the line. Default 1000. */
  interval?: number;
  /** How long the last replies are waited for, in ms. Default 10,000, and what request and reply take on the line. */
  timeout?: number | undefined;
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

/**
 * Sends echo requests (RFC 792) and settles when all are answered, or the last had its time. While the
 * line is away, or has no room, none is sent, and none counted.
 *
 * @param line what the stack is driven on
 */
export function ping(stack: Stack, line: PortLine, options: PingOptions): Promise<PingResult> {
  return new Promise((resolve) => new Run(stack, line, options, resolve).start());
}

/** Octets that SLIP adds to a datagram: two ENDs, and escapes in the header. */
const FRAMING = 10;
/** Share of the data that it escapes: two values of 256. */
const ESCAPED = 2 / 256;

class Run {
  readonly #stack: Stack;
  readonly #line: PortLine;
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

  constructor(stack: Stack, line: PortLine, options: PingOptions, done: (result: PingResult) => void) {
    this.#stack = stack;
    this.#line = line;
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
    this.#tick();
  }

  #tick(): void {
    const { interval = 1000, timeout = 10_000 + 2 * this.#timeOnLine } = this.#options;
    if (this.#line.isOpen) this.#send();
    // What still waits would be stale once the line is back.
    else this.#stack.icmp.waiting.length = 0;
    this.#timer = this.#isLast
      ? this.#clock.setTimeout(this.#finish, timeout)
      : this.#clock.setTimeout(() => this.#tick(), Math.max(1, interval, this.#timeOnLine));
  }

  #send(): void {
    const sequence = (this.#result.sent + 1) & 0xffff;
    if (!this.#stack.ping(this.#options.address, this.#identifier, sequence, this.#data)) return;
    this.#result.sent++;
    this.#open.set(sequence, this.#clock.now());
    this.#answered.delete(sequence);
  }

  /** How long a request takes on the line, or a reply, in ms; rather more than less. */
  get #timeOnLine(): number {
    const length = ICMP_HEADER_LENGTH + this.#data.length;
    const datagrams = Math.ceil(length / ((this.#stack.mtu - IPV4_HEADER_LENGTH) & ~7));
    const octets = length * (1 + ESCAPED) + datagrams * (IPV4_HEADER_LENGTH + FRAMING);
    return octets * msPerByte(this.#line.baud);
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
