import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../../test/e2e/support/daemon.ts';
import { KernelPeer } from '../../test/e2e/support/kernel-peer.ts';
import type { TiedProcess } from '../../test/e2e/support/tied.ts';
import {
  type Bed,
  type BedOptions,
  type Beds,
  type Circle,
  type Downloads,
  type Flock,
  PING_INTERVAL,
  type Traffic,
} from '../bed.ts';
import { bodyOf, SERVER } from '../pair.ts';

const CLIENT = fileURLToPath(new URL('client.ts', import.meta.url));
const DEVICE = 'sl0';
const SIZES = [1200, 6000, 50_000, 200_000, 3_000_000];
const LONG = SIZES.at(-1)!;
/** How much of a download makes it a long one, in bytes: some seconds. */
const UNDER_WAY = 30_000;

/** A server at the end of a line that `peer` is the other end of; it serves the files in `site`. */
export interface Server {
  stop(): Promise<unknown>;
}
export type StartServer = (peer: KernelPeer, site: string, mtu: number) => Promise<Server>;

/** A folder of bodies, named by their sizes; it goes with the process. */
export function makeSite(): string {
  const site = scratchFolder();
  for (const size of SIZES) writeFileSync(join(site, String(size)), bodyOf(size));
  return site;
}

/** The Linux kernel as client, a paced pty, and a server in real time. */
export function realBeds(startServer: StartServer, site: string): Beds {
  return {
    framings: ['slip'],
    seeds: 3,
    loads: [0.1, 0.5, 1, 2, 10, 20],
    async open({ mtu = 1500, errorRate: bitErrorRate = 0, seed = 1 }: BedOptions = {}) {
      const peer = await KernelPeer.start({ mtu, baud: 115_200, bitErrorRate, seed });
      const bed = new RealBed(peer, await startServer(peer, site, mtu));
      await bed.visit(1200, 2);
      return bed;
    },
  };
}

class RealBed implements Bed {
  readonly #peer: KernelPeer;
  readonly #server: Server;
  #occupant: TiedProcess | undefined;

  constructor(peer: KernelPeer, server: Server) {
    this.#peer = peer;
    this.#server = server;
  }

  download(bytes: number, count = 1): Promise<Downloads> {
    return this.#ask('download', bytes, count) as Promise<Downloads>;
  }

  visit(bytes: number, count: number): Promise<number[]> {
    return this.#ask('visit', bytes, count) as Promise<number[]>;
  }

  async flock(bytes: number, rate: number, ms: number): Promise<Flock> {
    await this.#widenQueue();
    return this.#ask('flock', bytes, rate, ms) as Promise<Flock>;
  }

  async circle(bytes: number, count: number, ms: number): Promise<Circle> {
    await this.#widenQueue();
    return this.#ask('circle', bytes, count, ms) as Promise<Circle>;
  }

  async occupy(): Promise<void> {
    const { fromServer } = await this.traffic();
    this.#occupant = this.#client('download', LONG, 1);
    while ((await this.traffic()).fromServer < fromServer + UNDER_WAY) await delay(100);
  }

  async ping(count: number): Promise<number[]> {
    const args = ['-n', '-c', String(count), '-i', String(PING_INTERVAL / 1000), '-W', '10', SERVER];
    const { stdout } = await this.#peer.exec('ping', ...args);
    return Array.from(stdout.matchAll(/time=([\d.]+)/g), ([, ms]) => Number(ms));
  }

  async traffic(): Promise<Traffic> {
    const { backBytes, outBytes } = await this.#peer.stats();
    return { at: performance.now(), fromServer: backBytes, toServer: outBytes };
  }

  async close(): Promise<void> {
    await this.#occupant?.kill('SIGKILL');
    await this.#server.stop();
    await this.#peer.stop();
  }

  /** Crowds are behind a router, with a queue as long as a network device's. */
  async #widenQueue(): Promise<void> {
    await this.#peer.exec('ip', 'link', 'set', DEVICE, 'txqueuelen', '500');
  }

  #client(...args: (string | number)[]): TiedProcess {
    return this.#peer.spawn(process.execPath, '--import', 'tsx', CLIENT, ...args.map(String));
  }

  async #ask(...args: (string | number)[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.#client(...args).finished();
    if (code !== 0) throw new Error(`the client failed at ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
