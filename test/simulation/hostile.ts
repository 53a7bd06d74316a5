import assert from 'node:assert/strict';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { add } from '../../src/tcp/seq.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { IPV4_HEADER_LENGTH, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, segmentLength } from '../../src/wire/tcp.ts';
import { segmentIn } from '../support/segment.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { B } from '../support/wire.ts';
import { Application, drawPlan } from './application.ts';
import type { Dice } from './dice.ts';
import { type Forgery, forgeIcmpError, forgeSegment, fragments } from './forge.ts';
import { Host } from './host.ts';
import { drawIsn, drawOptions, PORT } from './scenario.ts';
import type { Trace } from './trace.ts';

/** A stack, and how it is attacked; times in ms. */
export interface SiegePlan {
  options: Omit<StackOptions, 'address' | 'random'>;
  isnBase: number;
  backlog: number;
  /** Datagrams that the attacker sends, and the longest pause between them. */
  moves: number;
  pause: number;
  /** Connections that the stack itself opens to the attacker. */
  opens: number;
  /** How often the attacker does what a peer would. */
  decency: number;
}

export function drawSiege(dice: Dice): SiegePlan {
  return {
    options: drawOptions(dice, 0),
    isnBase: drawIsn(dice),
    backlog: dice.pick([1, 3, 128]),
    moves: dice.magnitude(100, 1000),
    pause: dice.magnitude(1, 1000),
    opens: dice.pick([0, 1, 3]),
    decency: dice.fraction(),
  };
}

const HERE = parseAddress(B);
const ATTACKERS = ['192.168.7.1', '10.0.0.1'].map(parseAddress);
/** Long enough for a connection that nobody accepted to be probed until it is given up. */
const SILENCE = 45 * 60_000;
const MOST_TEXT = 20_000;

/** What the attacker knows of a connection, from the stack's own segments. */
interface Flow {
  remoteAddress: number;
  remotePort: number;
  localPort: number;
  /** The stack's SND.NXT and RCV.NXT, and the oldest of its octets that the attacker has not acknowledged. */
  next: number;
  expected: number;
  una: number;
  /** As in the stack's last header, not scaled. */
  window: number;
  last: Uint8Array;
}

/**
 * One stack against a peer that knows every sequence number and sends whatever it likes: good and forged
 * segments, fragments, ICMP errors, floods of SYNs, noise. Its text never contradicts itself, so what the
 * applications receive can be checked.
 */
export class Siege {
  events = 0;
  readonly #plan: SiegePlan;
  readonly #dice: Dice;
  readonly #clock: VirtualClock;
  readonly #trace: Trace;
  readonly #stack: Stack;
  readonly #host: Host;
  readonly #listeners: Listener[];
  readonly #applications: Application[] = [];
  readonly #flows = new Map<string, Flow>();
  readonly #past: Uint8Array[] = [];
  #attacks = true;

  constructor(plan: SiegePlan, dice: Dice, clock: VirtualClock, trace: Trace) {
    this.#plan = plan;
    this.#dice = dice;
    this.#clock = clock;
    this.#trace = trace;
    this.#stack = new Stack({ ...plan.options, address: B, random: (count) => dice.bytes(count) });
    const { tcp } = this.#stack;
    tcp.newIss = ({ localPort, remotePort }) =>
      (plan.isnBase + (localPort * 31 + remotePort) * 64 + Math.floor(tcp.now * 250)) | 0;
    const line = {
      ready: true,
      send: (datagram: Uint8Array) => this.#observe(datagram),
      onDatagram: (_: Uint8Array) => {},
      onReady: () => {},
    };
    this.#host = new Host(this.#stack, line, clock, false);
    this.#listeners = [PORT.OPEN, PORT.DEFERRED].map((port) => this.#listen(port));
  }

  run(): void {
    for (let i = 0; i < this.#plan.opens; i++)
      this.#clock.setTimeout(() => this.#open(), this.#dice.fraction() * 2000);
    for (let move = 0; move < this.#plan.moves; move++) {
      this.#clock.advance(this.#dice.chance(0.5) ? 0 : this.#dice.fraction() * this.#plan.pause);
      this.#move();
      this.events++;
    }
    this.#attacks = false;
    this.#trace.note(this.#clock.now(), 'silence');
    for (const application of this.#applications) application.hurry();
    this.#clock.advance(SILENCE);
    this.#checkNothingLeft();
  }

  #checkNothingLeft(): void {
    const stack = this.#stack;
    const states = [...stack.connections].map((info) => `${info.localPort} ${info.state}`);
    assert.deepEqual(states, [], 'connections are left');
    assert.equal(stack.deadline(), Number.POSITIVE_INFINITY, 'a timer is left');
    assert.equal(stack.transmit(this.#clock.now()), undefined, 'something to transmit is left');
    assert.equal(stack.tcp.turns.arePending, false, 'a queue is not empty');
    for (const { halfOpen } of this.#listeners) assert.equal(halfOpen, 0, 'half-open connections are left');
    for (const { isClosed } of this.#applications) assert.ok(isClosed, 'an application was never told');
  }

  #listen(port: number): Listener {
    const listener: Listener = {
      port,
      backlog: this.#plan.backlog,
      deferAccept: port === PORT.DEFERRED,
      accept: (c) => this.#begin(c, add(c.sndUna, -1)),
      halfOpen: 0,
    };
    this.#stack.tcp.listen(listener);
    return listener;
  }

  #open(): void {
    if (!this.#attacks) return;
    const { tcp } = this.#stack;
    tcp.now = this.#clock.now();
    try {
      const c = tcp.connect(this.#dice.pick(ATTACKERS), this.#dice.integer(1000, 1003));
      this.#begin(c, c.sndUna);
    } catch {
      return; // no room
    }
    this.#host.settle();
  }

  #begin(c: Connection, iss: number): void {
    const plan = drawPlan(this.#dice, this.#stack.mtu - 40, MOST_TEXT);
    const acted = () => this.#host.settle();
    const application = new Application(c, iss, plan, this.#clock, this.#dice.fork(), acted);
    this.#applications.push(application);
    if (!this.#attacks) application.hurry();
  }

  /** Takes note of what the stack sent. */
  #observe(datagram: Uint8Array): void {
    this.#trace.saw({ at: this.#clock.now(), from: 'b <', datagram, fate: '' });
    const ip = parseIpv4(datagram, () => undefined);
    const segment = ip && segmentIn(ip);
    if (!segment || segment.flags & Flag.RST) return;
    const { destinationPort: remotePort, sourcePort: localPort, window } = segment;
    const key = `${ip.destination} ${remotePort} ${localPort}`;
    const next = add(segment.seq, segmentLength(segment));
    const known = this.#flows.get(key);
    this.#flows.set(key, {
      remoteAddress: ip.destination,
      remotePort,
      localPort,
      next,
      expected: segment.ack,
      una: segment.flags & Flag.SYN || !known ? segment.seq : known.una,
      window,
      last: datagram,
    });
    if (this.#flows.size > 50) this.#flows.delete(this.#flows.keys().next().value!);
  }

  #move(): void {
    const flow = this.#dice.pick([...this.#flows.values()]);
    if (!flow || this.#dice.chance(0.1)) return this.#send(this.#syn());
    if (this.#dice.chance(this.#plan.decency)) return this.#send(this.#goodSegment(flow));
    const moves = [
      () => this.#send(this.#badSegment(flow)),
      () => this.#send(this.#badSegment(flow)),
      () => this.#send(this.#badSegment(flow)),
      () => this.#fragmented(this.#goodSegment(flow)),
      () => this.#send(this.#icmpError(flow)),
      () => this.#send(this.#reflected(flow)),
      () => this.#send(this.#noise()),
      () => this.#crumbs(flow),
      () => this.#send(this.#dice.pick(this.#past) ?? this.#noise()),
      () => this.#send(this.#damaged(this.#goodSegment(flow))),
    ];
    this.#dice.pick(moves)();
  }

  #send(datagram: Uint8Array): void {
    if (this.#past.length < 100) this.#past.push(datagram);
    else if (this.#dice.chance(0.1)) this.#past[this.#dice.integer(0, 99)] = datagram;
    this.#trace.saw({ at: this.#clock.now(), from: 'x >', datagram, fate: '' });
    const resets = this.#resetBy(datagram);
    this.#host.line.onDatagram(datagram);
    if (resets.length === 0) return;
    // The object of one that was put to rest is closed too; the connection is there all the same.
    const left = new Set([...this.#stack.tcp.table.all()].map(nameOf));
    for (const c of resets) assert.ok(left.has(nameOf(c)), 'a reset beside RCV.NXT was obeyed');
  }

  /** The connections that must survive `datagram`: a reset in the wrong place (RFC 5961 §3.2). */
  #resetBy(datagram: Uint8Array): Connection[] {
    const ip = parseIpv4(datagram, () => undefined);
    const segment = ip && segmentIn(ip);
    if (!segment || !(segment.flags & Flag.RST)) return [];
    return [...this.#stack.tcp.table.all()].filter((c) => c.state !== 'SYN-SENT' && c.rcvNxt !== segment.seq);
  }

  /** Every other octet of a stretch ahead of what is expected (CVE-2018-6922). */
  #crumbs(flow: Flow): void {
    if (this.#dice.chance(0.9)) return;
    const fields = { ack: flow.next, flags: Flag.ACK, window: 5000, options: new Uint8Array(0), length: 1 };
    const { expected } = flow;
    for (let i = 1; i < 300; i++) this.#send(this.#segment(flow, { seq: add(expected, 2 * i), ...fields }));
  }

  #fragmented(datagram: Uint8Array): void {
    const overlap = this.#dice.chance(0.2) ? 8 : 0;
    const pieces = fragments(datagram, 8 * this.#dice.integer(1, 4), overlap);
    if (this.#dice.chance(0.5)) pieces.reverse();
    for (const one of pieces) if (this.#dice.chance(0.9)) this.#send(one);
  }

  #syn(): Uint8Array {
    const dice = this.#dice;
    return forgeSegment({
      source: dice.pick(ATTACKERS),
      destination: HERE,
      sourcePort: dice.integer(1000, 1003 + 100 * Number(dice.chance(0.1))),
      destinationPort: dice.pick([PORT.OPEN, PORT.OPEN, PORT.DEFERRED, PORT.CLOSED]),
      seq: drawIsn(dice),
      ack: 0,
      flags: Flag.SYN,
      window: dice.pick([0, 1, 1000, 65_535]),
      options: this.#options(),
      length: dice.chance(0.1) ? dice.integer(1, 100) : 0,
    });
  }

  /** What a peer might send: text in order, acknowledgments of some or all, sometimes FIN. */
  #goodSegment(flow: Flow): Uint8Array {
    const dice = this.#dice;
    // Where the stack has sent its SYN alone, a SYN is in its place.
    const isSyn = flow.expected === 0;
    if (dice.chance(0.8)) flow.una = flow.next;
    const segment = this.#segment(flow, {
      seq: isSyn ? drawIsn(dice) : flow.expected,
      ack: flow.una,
      flags: Flag.ACK | (isSyn ? Flag.SYN : 0) | (dice.chance(0.02) ? Flag.FIN : 0),
      window: dice.pick([0, 500, 5000, 65_535, 65_535]),
      options: isSyn ? this.#options() : new Uint8Array(0),
      length: isSyn || dice.chance(0.5) ? 0 : dice.integer(1, 600),
    });
    return segment;
  }

  /** Fields near what would be right, or far from it. */
  #badSegment(flow: Flow): Uint8Array {
    const dice = this.#dice;
    const near = (seq: number, window: number) =>
      add(
        seq,
        dice.pick([0, 0, 1, -1, dice.integer(-2000, 2000), window, window - 1, dice.integer(0, window)]),
      );
    return this.#segment(flow, {
      seq: dice.chance(0.1) ? drawIsn(dice) : near(flow.expected, flow.window),
      ack: dice.chance(0.1) ? drawIsn(dice) : near(dice.chance(0.5) ? flow.next : flow.una, 3000),
      flags: dice.chance(0.6) ? Flag.ACK | this.#fewFlags() : dice.integer(0, 255),
      window: dice.pick([0, 0, 1, 7, 1000, 65_535]),
      options: this.#options(flow),
      length: dice.chance(0.5) ? 0 : dice.magnitude(1, 1500),
    });
  }

  #fewFlags(): number {
    return this.#dice.pick([0, 0, 0, Flag.FIN, Flag.RST, Flag.SYN, Flag.URG, Flag.PSH]);
  }

  #segment(
    flow: Flow,
    fields: Pick<Forgery, 'seq' | 'ack' | 'flags' | 'window' | 'options' | 'length'>,
  ): Uint8Array {
    return forgeSegment({
      source: flow.remoteAddress,
      destination: HERE,
      sourcePort: flow.remotePort,
      destinationPort: flow.localPort,
      ...fields,
    });
  }

  /** Up to 40 octets of options: well-formed ones, SACK blocks near what is in flight, or anything. */
  #options(flow?: Flow): Uint8Array {
    const dice = this.#dice;
    if (dice.chance(0.3)) return new Uint8Array(0);
    if (dice.chance(0.2)) return dice.bytes(dice.integer(0, 40));
    const options: number[] = [];
    const time = Math.floor(this.#clock.now()) + (dice.chance(0.2) ? dice.integer(-100_000, 100_000) : 0);
    if (dice.chance(0.6)) options.push(2, 4, ...octets16(dice.pick([0, 1, 40, 536, 1460, 65_535])));
    if (dice.chance(0.5)) options.push(3, 3, dice.integer(0, 20));
    if (dice.chance(0.5)) options.push(4, 2);
    if (dice.chance(0.4)) options.push(8, 10, ...octets32(time), ...octets32(dice.integer(0, time)));
    if (flow) {
      const edges = Array.from({ length: 2 }, () => add(flow.una, dice.integer(-100, 4000)));
      options.push(5, 10, ...edges.flatMap(octets32));
    }
    return Uint8Array.from(options.slice(0, 40));
  }

  #icmpError(flow: Flow): Uint8Array {
    const dice = this.#dice;
    const [type, code] = dice.pick([
      [3, dice.integer(0, 15)],
      [3, 4],
      [4, 0],
      [11, 0],
      [12, 0],
      [dice.integer(0, 255), dice.integer(0, 255)],
    ] as const);
    const mtu = dice.pick([0, 1, 68, 296, 600, 1500, 65_535]);
    return forgeIcmpError(flow.remoteAddress, HERE, [type, code, mtu], flow.last);
  }

  /** The stack's own segment comes back, as if from the peer. */
  #reflected(flow: Flow): Uint8Array {
    return this.#segment(flow, {
      seq: flow.next,
      ack: flow.expected,
      flags: Flag.ACK,
      window: flow.window,
      options: new Uint8Array(0),
      length: 0,
    });
  }

  #damaged(datagram: Uint8Array): Uint8Array {
    const bit = this.#dice.integer(0, 8 * datagram.length - 1);
    const damaged = datagram.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    return damaged.subarray(
      0,
      this.#dice.chance(0.5) ? damaged.length : this.#dice.integer(0, damaged.length),
    );
  }

  #noise(): Uint8Array {
    const noise = this.#dice.bytes(this.#dice.integer(0, 100));
    if (noise.length > IPV4_HEADER_LENGTH && this.#dice.chance(0.5)) noise[0] = 0x45;
    return noise;
  }
}

function nameOf({ localPort, remoteAddress, remotePort }: Connection): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}

function octets16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function octets32(value: number): number[] {
  return [...octets16(value >>> 16), ...octets16(value)];
}
