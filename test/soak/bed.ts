import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import { type Daemon, startDaemon } from '../../src/daemon.ts';
import { Stack } from '../../src/ip/stack.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { connect } from '../../src/node/connect.ts';
import { type Driver, drive } from '../../src/node/drive.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { timingFor } from '../../src/timing.ts';
import { openVisitors } from '../../src/web/visitors.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';

const ENDS = { address: B, peer: A, mtu: 1500, baud: 115_200 };
const LIMITS = { httpPort: 80, maxConnections: 1000 };
/** Bytes of `/big.txt`. */
export const BIG = 30_000;
/** Virtual time between two looks at whether something has come true, ms. */
const STEP = 50;
/** Looks, a ms of real time apart, in which the disk has mostly answered; after them virtual time goes on. */
const DISK = 200;
/** Real time for the disk and for Node's own timers until nothing is left, ms. */
const PATIENCE = 60_000;
const log = pino({ level: 'silent' });

/** The daemon at one end of a virtual line, its state on disk, and at the other a client that may crash. */
export class Bed {
  readonly clock = new VirtualClock();
  readonly line = new VirtualLine({ clock: this.clock });
  readonly #folder = mkdtempSync(join(tmpdir(), 'phpstack-soak-'));
  readonly #random: (count: number) => Uint8Array;
  #daemon: Daemon | undefined;
  #driver: Driver | undefined;
  #client: Stack | undefined;

  constructor(random: (count: number) => Uint8Array) {
    this.#random = random;
  }

  async start(): Promise<void> {
    const site = join(this.#folder, 'site');
    mkdirSync(site);
    writeFileSync(join(site, 'index.eta'), '<p>You are visitor <%= it.visitor.number %>.');
    writeFileSync(join(site, 'big.txt'), Buffer.alloc(BIG, 'a serial line is long and narrow; '));
    const ends = { ...ENDS, line: this.line.b, port: 'soak' };
    this.#daemon = await startDaemon([ends], { ...LIMITS, site, state: this.#state }, log, this.clock);
    this.restartClient();
  }

  get server(): Stack {
    return this.#daemon!.lines[0]!.stack;
  }

  get client(): Stack {
    return this.#client!;
  }

  /** The client forgets all that it knew, without a word. */
  restartClient(): void {
    this.#driver?.stop();
    this.#client = new Stack({ ...ENDS, address: A, random: this.#random, ...timingFor(ENDS) });
    this.#driver = drive(this.#client, this.line.a, { clock: this.clock });
  }

  connect(): TcpSocket {
    return connect(this.client, { address: B, port: 80 }).on('error', () => {});
  }

  /** Lets `ms` of virtual time pass; the event loop turns only while something is under way. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.#isBusy && this.clock.now() < end)
      await this.clock.advanceWithTurns(Math.min(STEP * 50, end - this.clock.now()));
    this.clock.advance(end - this.clock.now());
    await turn();
  }

  /**
   * Lets time pass until `condition` holds, or `most` ms of it have passed. While nothing is under way on the
   * line, the disk is waited for, and virtual time stands still. @returns whether it holds
   */
  async passUntil(condition: () => boolean, most: number): Promise<boolean> {
    const end = this.clock.now() + most;
    for (let looks = 0; !condition() && this.clock.now() < end; looks++) {
      if (looks < DISK && this.#isStill) await wait(1);
      else await this.clock.advanceWithTurns(STEP);
    }
    return condition();
  }

  /** Waits, in real time too, until the last connection is gone. @throws {Error} when one stays */
  async rest(): Promise<void> {
    const deadline = performance.now() + PATIENCE;
    while (this.#isBusy) {
      if (performance.now() > deadline)
        throw new Error(`left: ${JSON.stringify([...this.server.connections])}`);
      await this.clock.advanceWithTurns(10_000);
      await wait(1);
    }
  }

  /** Ends all. @returns the visitor counter, as the next start would find it */
  async stop(): Promise<number> {
    this.#driver?.stop();
    const stopped = this.#daemon!.stop();
    let isStopped = false;
    void stopped.then(() => {
      isStopped = true;
    });
    while (!isStopped) await this.clock.advanceWithTurns(STEP);
    const visitors = await openVisitors(this.#state, log);
    await visitors.close();
    rmSync(this.#folder, { recursive: true });
    return visitors.count;
  }

  get #state(): string {
    return join(this.#folder, 'state');
  }

  get #isStill(): boolean {
    const all = [...this.server.connections, ...this.client.connections];
    return all.every(({ state, inFlight, unsent }) => state !== 'SYN-SENT' && inFlight + unsent === 0);
  }

  get #isBusy(): boolean {
    const { server, client } = this;
    return server.connectionCount + client.connectionCount > 0 || server.hasPending || client.hasPending;
  }
}
