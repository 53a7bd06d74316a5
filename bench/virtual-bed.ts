import { type Bed, type BedOptions, type Beds, type Downloads, PING_INTERVAL, type Traffic } from './bed.ts';
import { Pair, SERVER, sizedBody } from './pair.ts';

const LONG = 3_000_000;
const WARM_UP = 3000;

/** Our own stack at both ends of a virtual line, in virtual time. */
export const virtualBeds: Beds = {
  framings: ['slip', 'cslip'],
  seeds: 10,
  open: async (options) => new VirtualBed(options),
};

class VirtualBed implements Bed {
  readonly #pair: Pair;

  constructor({ mtu = 1500, framing = 'slip', errorRate = 0, seed = 1 }: BedOptions = {}) {
    const faults = { errorRate };
    this.#pair = new Pair({ mtu, framing, seed, aToB: faults, bToA: faults, listener: sizedBody });
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
    return {
      at: clock.now(),
      fromServer: line.a.counters['bytes-received'],
      toServer: line.b.counters['bytes-received'],
    };
  }

  async close(): Promise<void> {}
}
