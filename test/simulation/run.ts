import assert from 'node:assert/strict';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import { seededRandom } from '../../src/line/random.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { KeyedHash } from '../../src/tcp/isn.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { Invariants } from '../support/invariants.ts';
import { Application, type Plan } from './application.ts';
import { type Impairment, Network, PERFECT } from './network.ts';
import { Trace } from './trace.ts';

const ADDRESSES = ['192.168.7.1', '192.168.7.2'] as const;
const PORT = 80;
/** Longest that the applications may take, then the time in which all has to come to rest; ms. */
const PATIENCE = 4 * 3600_000;
const REST = 20 * 60_000;

/** One simulated run, decided by its seed alone. @throws with a trace of packets when anything is wrong */
export function simulate(seed: number): void {
  const run = new Run(seed);
  try {
    run.all();
  } catch (error) {
    const command = `npm run simulate -- --seeds 1 --from ${seed}`;
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${run.trace.text()}\nAgain: ${command}`, {
      cause: error,
    });
  }
}

class Run {
  readonly trace: Trace;
  readonly #random: () => number;
  readonly #network: Network;
  readonly #stacks: [Stack, Stack];
  readonly #servers = new Map<number, Application>();
  readonly #clients: Application[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const options = [this.#options(0), this.#options(1)] as const;
    this.#stacks = [new Stack(options[0]), new Stack(options[1])];
    const start = wrapping(options[this.#pick([0, 1])]!, this.#random);
    this.#network = new Network(this.#stacks, this.#random, start);
    this.trace = new Trace(this.#network);
    const checks = this.#stacks.map((stack) => new Invariants(stack));
    this.#network.onEvent = () => checks.forEach((check) => void check.check());
  }

  all(): void {
    const network = this.#network;
    network.impairment = this.#impairment();
    this.#listen();
    const count = 1 + Math.floor(this.#random() * 4);
    for (let i = 0; i < count; i++) network.at(network.now + this.#random() * 2000, () => this.#open(i));
    if (this.#random() < 0.2) this.#cutSometimes();
    network.run(network.now + PATIENCE, () => this.#clients.length === count && this.#isDone());
    network.impairment = PERFECT;
    network.cutUntil = network.now;
    network.run(network.now + REST);
    this.#checkOutcome();
    this.#checkRest();
  }

  #options(i: number): StackOptions {
    const random = this.#random;
    const bytes = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    return {
      address: ADDRESSES[i]!,
      random: (count) => bytes.subarray(0, count),
      mtu: this.#pick([68, 128, 296, 576, 1500, 1500]),
      sack: random() < 0.7,
      timestamps: random() < 0.3,
      receiveBuffer: this.#pick([100, 2000, 8192, 65_535, 65_535, 300_000]),
      sendBuffer: this.#pick([100, 4096, 65_535, 65_535]),
      minRto: this.#pick([200, 1000]),
    };
  }

  #impairment(): Impairment {
    const some = (share: number, most: number) => (this.#random() < share ? this.#random() * most : 0);
    return {
      loss: some(0.6, 0.3),
      duplicate: some(0.3, 0.2),
      corrupt: some(0.3, 0.1),
      reorder: some(0.4, 0.3),
      heldBack: this.#pick([5, 50, 500]),
      delay: this.#pick([0.1, 2, 20, 200]),
      rate: this.#pick([0.96, 11.52, Infinity]),
    };
  }

  #plan(): Plan {
    const isShort = this.#random() < 0.5;
    return {
      send: Math.floor(this.#random() * (isShort ? 500 : 20_000)),
      piece: this.#pick([10, 300, 3000, 20_000]),
      pause: this.#pick([1, 20, 400]),
      abortAfter: this.#random() < 0.15 ? Math.floor(this.#random() * 4000) : Number.POSITIVE_INFINITY,
      release: this.#random() < 0.5,
      noDelay: this.#random() < 0.5,
    };
  }

  #listen(): void {
    this.#stacks[1].tcp.listen({
      port: PORT,
      backlog: 128,
      deferAccept: this.#random() < 0.2,
      halfOpen: new Set(),
      accept: (connection) => {
        const app = new Application(connection, this.#plan(), true, this.#random);
        this.#servers.set(connection.remotePort, app);
        this.#keepActing(app);
      },
    });
  }

  #open(i: number): void {
    const connection: Connection = this.#stacks[0].tcp.connect(parseAddress(ADDRESSES[1]), PORT, 50_000 + i);
    const app = new Application(connection, this.#plan(), false, this.#random);
    this.#clients.push(app);
    this.#keepActing(app);
  }

  #keepActing(app: Application): void {
    const next = app.act();
    if (next !== undefined) this.#network.at(this.#network.now + next, () => this.#keepActing(app));
  }

  #cutSometimes(): void {
    const network = this.#network;
    const cut = () => {
      network.cutUntil = network.now + this.#random() * 5000;
      if (!this.#isDone() || this.#clients.length === 0)
        network.at(network.now + 2000 + this.#random() * 30_000, cut);
    };
    network.at(network.now + this.#random() * 5000, cut);
  }

  #isDone(): boolean {
    return [...this.#clients, ...this.#servers.values()].every((app) => app.isDone);
  }

  /** Every octet arrived, in order and once, or both sides know that it did not. */
  #checkOutcome(): void {
    for (const client of this.#clients) {
      const server = this.#servers.get(client.connection.localPort);
      if (!server) {
        assert.ok(client.isClosed || client.aborted, 'a client without a server knows that it is alone');
        continue;
      }
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        if (to.ended) assert.equal(to.received, from.sent, 'whoever saw the end saw all');
        else assert.ok(to.aborted || to.isClosed, 'whoever saw no end was told of the reset');
      }
    }
  }

  /** No connection, timer or datagram is left. */
  #checkRest(): void {
    for (const stack of this.#stacks) {
      assert.deepEqual([...stack.connections], [], 'no connection is left');
      assert.equal(stack.deadline(), Number.POSITIVE_INFINITY, 'no deadline is left');
      assert.equal(stack.hasPending, false, 'nothing is left to send');
    }
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)]!;
  }
}

/** A time at which the first connection's initial sequence number lies just below the wrap. */
function wrapping(options: StackOptions, random: () => number): number {
  const isClient = options.address === ADDRESSES[0];
  const [own, other] = isClient ? ADDRESSES : [ADDRESSES[1], ADDRESSES[0]];
  const ports = isClient ? [50_000, parseAddress(other), PORT] : [PORT, parseAddress(other), 50_000];
  const hash = new KeyedHash(options.random!(32)).of(parseAddress(own), ...ports);
  const below = Math.floor(random() * 20_000);
  return ((-below - hash) >>> 0) / 250;
}
