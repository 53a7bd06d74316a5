import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import { msPerByte, ROOM_MS } from '../../src/line/pacer.ts';
import { type Random, seededRandom } from '../../src/line/random.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { timingFor } from '../../src/timing.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { VirtualClock } from './virtual-clock.ts';

const CLIENT = '192.168.7.1';
const SERVER = '192.168.7.2';
/** Datagrams in the queue of a TUN device; what comes on top is lost. */
const DEVICE_QUEUE = 500;
/** Linux repeats a SYN at 1, 2, 3, 4, 5, 7, 11 and 19 s; our stack, which is the client's, does not at these. */
const MORE_SYNS = [2000, 4000, 5000, 11_000, 19_000];
/** SLIP's END before and after. */
const FRAMING = 2;
const REQUEST = 100;

export interface CrowdOptions {
  /** Default 115200. */
  baud?: number;
  /** Default 1500. */
  mtu?: number;
  /** When a visitor gives up, ms. Default 20,000. */
  patience?: number;
  seed?: number;
  /** Of the server's stack. */
  stack?: Partial<StackOptions>;
}

/** What became of a visit; times in ms. */
export interface Visit {
  readonly startedAt: number;
  endedAt: number | undefined;
  outcome: 'waiting' | 'served' | 'gave up' | 'failed';
}

/**
 * Visitors at one end of a serial line, a server at the other, in virtual time. The visitors' system is as
 * Linux is: what it sends queues up in the device, first in, first out, and is lost where that is full.
 */
export class Crowd {
  readonly clock = new VirtualClock();
  readonly server: Stack;
  readonly client: Stack;
  readonly visits: Visit[] = [];
  readonly random: Random;
  /** Octets that the server's end of the line has sent, and those that have come to it, framing included. */
  sent = 0;
  received = 0;
  /** Octets of the pages of visitors who come from now on, with their heads. */
  page = 1350;
  /** Datagrams lost in the visitors' device. */
  lost = 0;

  readonly #options: Required<CrowdOptions>;
  readonly #msPerByte: number;
  readonly #queue: Uint8Array[] = [];
  /** The datagram that the visitors' system sent last. */
  #latest: Uint8Array | undefined;
  #isSending = false;
  /** When the server's device will have sent what it has. */
  #idleAt = 0;
  #wakeServer: unknown;
  readonly #expiry: { client: unknown; server: unknown } = { client: undefined, server: undefined };

  constructor(options: CrowdOptions = {}) {
    this.#options = { baud: 115_200, mtu: 1500, patience: 20_000, seed: 1, stack: {}, ...options };
    const { baud, mtu, seed, stack } = this.#options;
    this.#msPerByte = msPerByte(baud);
    this.random = seededRandom(seed);
    const random = (count: number) => Uint8Array.from({ length: count }, () => this.random() * 256);
    this.server = new Stack({ address: SERVER, mtu, random, ...timingFor({ baud, mtu }), ...stack });
    this.client = new Stack({ address: CLIENT, mtu, random, timestamps: true, minRto: 200 });
    this.server.tcp.listen({
      port: 80,
      backlog: 128,
      deferAccept: true,
      halfOpen: 0,
      accept: (c) => this.#serve(c),
    });
    this.server.onPending = () => this.#pumpServer();
    this.client.onPending = () => this.#pumpClient();
  }

  /** A visitor comes, asks for the page, and leaves with it or when the patience ends. */
  visit(ended: () => void = () => {}): Visit {
    const { clock } = this;
    const { page } = this;
    const visit: Visit = { startedAt: clock.now(), endedAt: undefined, outcome: 'waiting' };
    this.visits.push(visit);
    this.client.tcp.now = clock.now();
    const c = this.client.tcp.connect(parseAddress(SERVER), 80);
    let received = 0;
    const end = (outcome: Visit['outcome']) => {
      if (visit.outcome !== 'waiting') return;
      visit.outcome = outcome;
      visit.endedAt = clock.now();
      clock.clearTimeout(timer);
      c.close();
      c.release();
      ended();
    };
    const timer = clock.setTimeout(() => {
      this.client.tcp.now = clock.now();
      end('gave up');
      this.#pumpClient();
    }, this.#options.patience);
    c.user = {
      opened: () => void c.send(new Uint8Array(REQUEST)),
      readable: () => {
        for (let text = c.receive(); text; text = c.receive()) received += text.length;
        if (received >= page) end('served');
        else if (c.finReceived) end('failed');
      },
      writable: () => {},
      closed: () => end('failed'),
    };
    this.#pumpClient();
    const syn = this.#latest;
    for (const ms of MORE_SYNS)
      clock.setTimeout(() => {
        if (c.state === 'SYN-SENT' && syn) this.#enqueue(syn);
      }, ms);
    return visit;
  }

  /** `count` visitors, each of whom comes again as soon as served. @returns the visits of each */
  circle(count: number, until: number): Visit[][] {
    return Array.from({ length: count }, () => {
      const visits: Visit[] = [];
      const come = () => {
        if (this.clock.now() < until) this.clock.setTimeout(() => visits.push(this.visit(come)), 0);
      };
      come();
      return visits;
    });
  }

  /** Visitors by chance, so many a second on the mean. */
  flock(rate: number, until: number): void {
    const wait = (-Math.log(1 - this.random()) * 1000) / rate;
    if (this.clock.now() + wait > until) return;
    this.clock.setTimeout(() => {
      this.visit();
      this.flock(rate, until);
    }, wait);
  }

  /** Visits that were served in the `ms` up to now. */
  served(ms: number): Visit[] {
    const since = this.clock.now() - ms;
    return this.visits.filter((v) => v.outcome === 'served' && v.endedAt! > since);
  }

  /** The same, per second. */
  rate(ms: number): number {
    return (1000 * this.served(ms).length) / ms;
  }

  #serve(c: Connection): void {
    let received = 0;
    const page = new Uint8Array(this.page);
    let unsent = page.length;
    const send = () => {
      unsent -= c.send(page.subarray(page.length - unsent));
      if (unsent === 0) c.close();
    };
    c.user = {
      opened: () => {},
      readable: () => {
        for (let text = c.receive(); text; text = c.receive()) received += text.length;
        if (received >= REQUEST && unsent === page.length) send();
        if (c.finReceived) c.close();
      },
      writable: () => unsent < page.length && send(),
      closed: () => {},
    };
  }

  #pumpClient(): void {
    const { client, clock } = this;
    for (let next = client.transmit(clock.now()); next; next = client.transmit(clock.now())) {
      this.#enqueue(next);
    }
    this.#expire('client', () => this.#pumpClient());
  }

  #enqueue(datagram: Uint8Array): void {
    this.#latest = datagram;
    if (this.#queue.length >= DEVICE_QUEUE) this.lost++;
    else this.#queue.push(datagram);
    this.#sendFirst();
  }

  #sendFirst(): void {
    const datagram = this.#isSending ? undefined : this.#queue.shift();
    if (!datagram) return;
    this.#isSending = true;
    this.clock.setTimeout(() => {
      this.#isSending = false;
      this.received += datagram.length + FRAMING;
      this.server.receive(datagram, this.clock.now());
      this.#sendFirst();
      this.#pumpServer();
    }, this.#timeOf(datagram));
  }

  #pumpServer(): void {
    const { server, clock } = this;
    const now = clock.now();
    while (this.#idleAt - now <= ROOM_MS + 0.001) {
      const datagram = server.transmit(now);
      if (!datagram) break;
      this.sent += datagram.length + FRAMING;
      this.#idleAt = Math.max(this.#idleAt, now) + this.#timeOf(datagram);
      clock.setTimeout(() => {
        this.client.receive(datagram, clock.now());
        this.#pumpClient();
      }, this.#idleAt - now);
    }
    clock.clearTimeout(this.#wakeServer);
    if (this.#idleAt - now > ROOM_MS + 0.001)
      this.#wakeServer = clock.setTimeout(() => this.#pumpServer(), this.#idleAt - now - ROOM_MS);
    this.#expire('server', () => this.#pumpServer());
  }

  #expire(which: 'client' | 'server', pump: () => void): void {
    const { clock } = this;
    clock.clearTimeout(this.#expiry[which]);
    const deadline = this[which].deadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#expiry[which] = clock.setTimeout(
      () => {
        this[which].expire(clock.now());
        pump();
      },
      Math.max(0, deadline - clock.now()),
    );
  }

  #timeOf(datagram: Uint8Array): number {
    return (datagram.length + FRAMING) * this.#msPerByte;
  }
}
