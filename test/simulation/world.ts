import assert from 'node:assert/strict';
import { Stack } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { add } from '../../src/tcp/seq.ts';
import { parseAddress } from '../../src/wire/address.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';
import { Application, drawPlan } from './application.ts';
import type { Dice } from './dice.ts';
import { Host } from './host.ts';
import type { HostLine } from './impaired-wire.ts';
import { checkOutcome } from './outcome.ts';
import { type Open, otherSide, PORT, type Scenario, SIDES, type Side } from './scenario.ts';
import type { Trace } from './trace.ts';

const ADDRESS: Record<Side, string> = { a: A, b: B };
/** How long the applications have on the faulty line after the last was opened, and then on the perfect one. */
const ORDINARY = 200_000;
const DRAIN = 600_000;
/** A connection may have waited for its turn to be answered for so long: the RTO backs off to a minute. */
const HURRIED = 1_200_000;
/** More is a loop without end. */
const MOST_EVENTS = 400_000;
/** What one application writes at most: octets, and segments. */
const MOST_TEXT = 150_000;
const MOST_SEGMENTS = 500;

/**
 * Between the sequence numbers of a connection that was reset and the next of the same ports: on a line that takes
 * no time a connection sends faster than the clock of RFC 9293 §3.4.1 ticks, and what comes late would pass for the next one's.
 */
const BEYOND_TEXT = 2 * MOST_TEXT;

/** The two ends of a line, and what makes it perfect. */
export interface Joint {
  a: HostLine;
  b: HostLine;
  cut(sides: readonly Side[], isCut: boolean): void;
  repair(): void;
}

export type Join = (scenario: Scenario, clock: VirtualClock, dice: Dice, trace: Trace) => Joint;

/** Two stacks, a line between them, and applications that come and go, under virtual time. */
export class World {
  readonly clock: VirtualClock;
  readonly trace: Trace;
  events = 0;
  readonly #scenario: Scenario;
  readonly #dice: Dice;
  readonly #joint: Joint;
  readonly #hosts: Record<Side, Host>;
  readonly #listeners: Record<Side, Listener[]> = { a: [], b: [] };
  /** By end, ports and initial sequence number. */
  readonly #applications = new Map<string, Application>();
  #isOver = false;

  constructor(scenario: Scenario, dice: Dice, clock: VirtualClock, trace: Trace, join: Join) {
    this.#scenario = scenario;
    this.#joint = join(scenario, clock, dice.fork(), trace);
    this.#dice = dice.fork();
    this.clock = clock;
    this.trace = trace;
    this.#hosts = { a: this.#boot('a'), b: this.#boot('b') };
  }

  /** @throws {AssertionError} when something does not hold */
  run(): void {
    const { opens, cuts, incidents } = this.#scenario;
    for (const open of opens) this.#at(open.at, () => this.#open(open));
    for (const { from, until, sides } of cuts) {
      this.#at(from, () => this.#cut(sides, true));
      this.#at(until, () => this.#cut(sides, false));
    }
    for (const { at, side, kind } of incidents) this.#at(at, () => this.#happen(side, kind));
    const lastOpening = opens.at(-1)!.at;
    this.#advance(lastOpening);
    this.#advanceUntil(lastOpening + ORDINARY, () => this.#allClosed());
    this.#finish();
  }

  /** On a perfect line everything comes to its end, and nothing is left. */
  #finish(): void {
    this.#isOver = true;
    this.trace.note(this.clock.now(), 'the line is perfect from here on');
    this.#joint.repair();
    for (const application of this.#applications.values()) application.hurry();
    this.#advanceUntil(this.clock.now() + HURRIED, () => this.#allClosed());
    this.#advance(this.clock.now() + DRAIN);
    for (const side of SIDES) this.#checkNothingLeft(side);
    for (const [key, application] of this.#applications) {
      const peer = this.#applications.get(peerKey(key, application));
      checkOutcome(key, application, peer);
    }
  }

  #checkNothingLeft(side: Side): void {
    const { stack } = this.#hosts[side];
    const states = [...stack.connections].map((info) => `${info.localPort} ${info.state}`);
    assert.deepEqual(states, [], `connections are left at ${side}`);
    assert.equal(stack.connectionCount, 0);
    assert.equal(stack.deadline(), Number.POSITIVE_INFINITY, `a timer is left at ${side}`);
    assert.equal(stack.transmit(this.clock.now()), undefined, `something to transmit is left at ${side}`);
    assert.equal(stack.tcp.turns.arePending, false, `a queue is not empty at ${side}`);
    assert.equal(stack.tcp.noticed.length, 0, `a notice is left at ${side}`);
    for (const { halfOpen } of this.#listeners[side]) assert.equal(halfOpen, 0);
  }

  #boot(side: Side): Host {
    const dice = this.#dice.fork();
    const random = (count: number) => dice.bytes(count);
    const base = this.#scenario.isnBase[side];
    const mostIdle = base % 2 === 0 ? 0 : 1024;
    const stack = new Stack({ ...this.#scenario.options[side], address: ADDRESS[side], random, mostIdle });
    const incarnations = new Map<string, number>();
    stack.tcp.newIss = ({ localPort, remotePort }) => {
      const ports = `${localPort} ${remotePort}`;
      const incarnation = incarnations.get(ports) ?? 0;
      incarnations.set(ports, incarnation + 1);
      const clock = (localPort * 31 + remotePort) * 64 + Math.floor(stack.tcp.now * 250);
      return (base + clock + incarnation * BEYOND_TEXT) | 0;
    };
    const host = new Host(stack, this.#joint[side], this.clock, true);
    this.#listeners[side] = [PORT.OPEN, PORT.DEFERRED].map((port) => this.#listen(side, stack, port));
    return host;
  }

  #listen(side: Side, stack: Stack, port: number): Listener {
    const listener: Listener = {
      port,
      backlog: this.#scenario.backlog,
      deferAccept: port === PORT.DEFERRED,
      accept: (c) => this.#begin(side, c, add(c.sndUna, -1)),
      halfOpen: 0,
    };
    stack.tcp.listen(listener);
    return listener;
  }

  #open({ side, port, localPort }: Open): void {
    const { tcp } = this.#hosts[side].stack;
    tcp.now = this.clock.now();
    let c: Connection;
    try {
      c = tcp.connect(parseAddress(ADDRESS[otherSide(side)]), port, { localPort });
    } catch {
      return; // the port is in use
    }
    this.#begin(side, c, c.sndUna);
    this.#hosts[side].settle();
  }

  #begin(side: Side, c: Connection, iss: number): void {
    const mss = Math.min(...SIDES.map((one) => this.#hosts[one].stack.mtu - 40));
    const plan = drawPlan(
      this.#dice,
      mss,
      Math.min(MOST_TEXT, MOST_SEGMENTS * this.#smallestPiece(side, mss)),
    );
    const acted = () => this.#hosts[side].settle();
    const application = new Application(c, iss, plan, this.clock, this.#dice.fork(), acted);
    this.#applications.set(keyOf(side, c.localPort, c.remotePort, iss), application);
    if (this.#isOver) application.hurry();
  }

  /** What is sent at a time at least, and may take a round trip. */
  #smallestPiece(side: Side, mss: number): number {
    const { options } = this.#scenario;
    return Math.min(mss, options[side].sendBuffer!, options[otherSide(side)].receiveBuffer!);
  }

  #cut(sides: readonly Side[], isCut: boolean): void {
    if (this.#isOver) return;
    this.trace.note(this.clock.now(), `${sides.join(' and ')} ${isCut ? 'cut' : 'joined'}`);
    this.#joint.cut(sides, isCut);
  }

  #happen(side: Side, kind: Scenario['incidents'][number]['kind']): void {
    if (this.#isOver) return;
    this.trace.note(this.clock.now(), `${kind} at ${side}`);
    const { stack } = this.#hosts[side];
    stack.tcp.now = this.clock.now();
    if (kind === 'crash') return this.#crash(side);
    if (kind === 'close') {
      for (const c of stack.tcp.table.all()) if (c.user) (c.user as Application).leftEarly = true;
      stack.close();
    } else if (kind === 'ping') stack.ping(ADDRESS[otherSide(side)], 1, 1, new Uint8Array(2000));
    else {
      for (const listener of this.#listeners[side]) stack.tcp.unlisten(listener);
      this.#listeners[side] = this.#listeners[side].map(({ port }) => this.#listen(side, stack, port));
    }
    this.#hosts[side].settle();
  }

  /** The host loses all it knew (RFC 9293 §3.5.1) and starts anew. */
  #crash(side: Side): void {
    this.#hosts[side].stop();
    for (const [key, application] of this.#applications) if (key.startsWith(side)) application.crashed = true;
    this.#hosts[side] = this.#boot(side);
  }

  #allClosed(): boolean {
    for (const { isClosed, crashed } of this.#applications.values()) if (!isClosed && !crashed) return false;
    return true;
  }

  #at(time: number, action: () => void): void {
    this.clock.setTimeout(action, time - this.clock.now());
  }

  #advance(until: number): void {
    this.#advanceUntil(until, () => false);
    this.clock.advance(until - this.clock.now());
  }

  /** Runs event after event up to a time, or until `isDone`, which is looked at now and then. */
  #advanceUntil(until: number, isDone: () => boolean): void {
    for (let count = 0; this.clock.next <= until; count++) {
      if (count % 16 === 0 && isDone()) return;
      assert.ok(this.events++ < MOST_EVENTS, 'too many events: something goes round in circles');
      this.clock.advance(this.clock.next - this.clock.now());
    }
  }
}

function keyOf(side: Side, localPort: number, remotePort: number, iss: number): string {
  return `${side} ${localPort} ${remotePort} ${iss}`;
}

/** The other end of the same connection is known by the sequence number that the peer began with. */
function peerKey(key: string, { connection, irs }: Application): string {
  const { localPort, remotePort } = connection;
  return irs === undefined ? '' : keyOf(otherSide(key[0] as Side), remotePort, localPort, irs);
}
