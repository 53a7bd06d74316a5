import { Crowd } from '../test/support/crowd.ts';
import {
  type Bed,
  type BedOptions,
  type Beds,
  type Circle,
  type Downloads,
  type Flock,
  PATIENCE,
  PING_INTERVAL,
  type Traffic,
} from './bed.ts';
import { Pair, SERVER, sizedBody } from './pair.ts';

const LONG = 3_000_000;
const WARM_UP = 3000;
/** What comes before the body of a page, in octets. */
const HEAD = 150;

/** Our own stack at both ends of a virtual line, in virtual time. */
export const virtualBeds: Beds = {
  framings: ['slip', 'cslip'],
  seeds: 10,
  loads: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
  open: async (options) => new VirtualBed(options),
};

class VirtualBed implements Bed {
  readonly #pair: Pair;
  /** Crowds have a line of their own, without HTTP, and a system that sends as Linux does. */
  readonly #crowd: Crowd;

  constructor({ mtu = 1500, framing = 'slip', errorRate = 0, seed = 1 }: BedOptions = {}) {
    const faults = { errorRate };
    this.#pair = new Pair({ mtu, framing, seed, aToB: faults, bToA: faults, listener: sizedBody });
    this.#crowd = new Crowd({ mtu, seed, patience: PATIENCE });
  }

  async download(bytes: number, count = 1): Promise<Downloads> {
    const startedAt = this.#pair.clock.now();
    const downloads = Array.from({ length: count }, () => this.#pair.get(`/${bytes}`));
    const ended = () => downloads.filter(({ endedAt }) => endedAt !== undefined).length;
    await this.#pair.runUntil(() => ended() > 0);
    const atFirstEnd = downloads.map(({ body }) => body);
    await this.#pair.runUntil(() => ended() === count);
    return { ms: Math.max(...downloads.map(({ endedAt }) => endedAt!)) - startedAt, atFirstEnd };
  }

  async occupy(): Promise<void> {
    this.#pair.get(`/${LONG}`);
    await this.#pair.clock.advanceWithTurns(WARM_UP);
  }

  async visit(bytes: number, count: number): Promise<number[]> {
    const times: number[] = [];
    while (times.length < count) {
      const page = this.#pair.get(`/${bytes}`);
      await this.#pair.runUntil(() => page.endedAt !== undefined, undefined, 0.25);
      times.push(page.endedAt! - page.startedAt);
    }
    return times;
  }

  async flock(bytes: number, rate: number, ms: number): Promise<Flock> {
    const crowd = this.#crowd;
    crowd.page = HEAD + bytes;
    crowd.flock(rate, ms);
    crowd.clock.advance(ms);
    const served = crowd.served(ms).length;
    crowd.clock.advance(PATIENCE);
    const leftAt = crowd.clock.now();
    const late = crowd.visit();
    crowd.clock.advance(PATIENCE);
    return {
      served,
      recovery: late.outcome === 'served' ? late.endedAt! - leftAt : PATIENCE,
    };
  }

  async circle(bytes: number, count: number, ms: number): Promise<Circle> {
    const crowd = this.#crowd;
    crowd.page = HEAD + bytes;
    const visitors = crowd.circle(count, ms);
    crowd.clock.advance(ms);
    const times = crowd.served(ms).map(({ startedAt, endedAt }) => endedAt! - startedAt);
    const neverServed = visitors.filter((visits) => !visits.some(({ outcome }) => outcome === 'served'));
    return { times, neverServed: neverServed.length };
  }

  async ping(count: number): Promise<number[]> {
    const { client, clock } = this.#pair;
    const times: number[] = [];
    for (let sequence = 0; sequence < count; sequence++) {
      const sentAt = clock.now();
      client.icmp.onEchoReply = () => times.push(clock.now() - sentAt);
      client.ping(SERVER, 1, sequence, new Uint8Array(56));
      await clock.advanceWithTurns(PING_INTERVAL);
    }
    return times;
  }

  async traffic(): Promise<Traffic> {
    const { line, clock } = this.#pair;
    const { sent, received, clock: crowdClock } = this.#crowd;
    return {
      at: clock.now() + crowdClock.now(),
      fromServer: line.a.counters['bytes-received'] + sent,
      toServer: line.b.counters['bytes-received'] + received,
    };
  }

  async close(): Promise<void> {}
}
