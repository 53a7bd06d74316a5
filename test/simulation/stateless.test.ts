import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { Stack } from '../../src/ip/stack.ts';
import { connect } from '../../src/node/connect.ts';
import { listen } from '../../src/node/listen.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { createHttpServer } from '../../src/web/http-server.ts';
import { createOneSegmentServer } from '../../src/web/one-segment.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { datagram, segmentBytes } from '../support/datagram.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';
import { Dice } from './dice.ts';
import { Host } from './host.ts';
import { type Impairment, PERFECT_WIRE, WireEnd } from './impaired-wire.ts';
import { Proofs } from './proofs.ts';
import { Trace } from './trace.ts';

const SEEDS = 40;
const PORT = 80;
/** Virtual time after which whoever still waits is a failure, ms. */
const PATIENCE = 1_000_000;
/** On the worst wire, only a peer that has left is silent for so long, ms. */
const DEAD = 360_000;
/** Beyond all that is remembered, and TIME-WAIT, ms. */
const AFTERMATH = 400_000;

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`visitors to a full table get their page, or 503, and are counted once, seed ${seed}`, () =>
    new Crowd(seed).run());
}

/** Of all seeds. */
let [answers, admissions, refusals] = [0, 0, 0];

test('all ways to serve them were taken', () => {
  assert.ok(answers > 100 && admissions > 10 && refusals > 10, `${answers}, ${admissions}, ${refusals}`);
});

type Kind = 'short' | 'late' | 'long' | 'in two';

/** Visitors at one end of a bad wire; at the other a server with few connections, which others hold. */
class Crowd {
  readonly clock = new VirtualClock();
  readonly #dice: Dice;
  readonly #trace = new Trace();
  readonly #client: Stack;
  readonly #server: Stack;
  readonly #wire: { a: WireEnd; b: WireEnd };
  readonly #proofs: Proofs;
  readonly #visitors: Visitor[] = [];
  /** How often each page was made. */
  readonly #made = new Map<string, number>();
  /** How long a connection is held, and is not, ms. */
  readonly #held: number;
  readonly #free: number;
  readonly #holders = new Set<TcpSocket>();
  readonly #isPerfect: boolean;
  #isOver = false;
  readonly #close: () => void;

  constructor(seed: number) {
    const dice = new Dice(seed);
    const { clock } = this;
    this.#dice = dice.fork();
    const baud = dice.pick([0, 0, 38_400, 115_200]);
    const impairment = drawImpairment(dice, baud);
    this.#isPerfect = impairment.loss === 0 && impairment.reordering === 0;
    const end = (name: string) => new WireEnd(name, impairment, clock, dice.fork(), this.#trace);
    this.#wire = { a: end('a >'), b: end('b <') };
    this.#wire.a.peer = this.#wire.b;
    this.#wire.b.peer = this.#wire.a;
    this.#proofs = new Proofs(this.#wire.b);
    const random = (count: number) => dice.bytes(count);
    const both = { mtu: dice.pick([296, 576, 1500]), baud, timestamps: dice.chance(0.3), random };
    const maxConnections = dice.integer(1, 4);
    this.#client = new Stack({ ...both, address: A, userTimeout: PATIENCE });
    this.#server = new Stack({
      ...both,
      address: B,
      maxConnections,
      mostIdle: dice.pick([0, 1024]),
      userTimeout: DEAD,
    });
    new Host(this.#client, this.#wire.a, clock, true);
    new Host(this.#server, this.#proofs, clock, true);
    this.#held = dice.magnitude(1000, 100_000);
    this.#free = dice.pick([0, 0, 100, 10_000]);
    this.#close = this.#serve();
    for (let i = 0; i < maxConnections; i++) this.#hold();
    for (let count = dice.integer(5, 40), i = 0; i < count; i++) this.#visitAt(dice.integer(2000, 60_000), i);
    for (let count = dice.integer(0, 200); count > 0; count--) this.#forgeAt(dice.integer(0, 60_000));
  }

  async run(): Promise<void> {
    const { clock } = this;
    try {
      while (!this.#isDone && clock.now() < PATIENCE) await this.#step();
      for (const visitor of this.#visitors) assert.ok(visitor.isDone, `${visitor} still waits`);
      for (const visitor of this.#visitors) visitor.check(this.#made.get(visitor.path) ?? 0);
      await this.#finish();
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.#trace}`, { cause: error });
    } finally {
      this.#close();
    }
  }

  get #isDone(): boolean {
    return this.#visitors.every(({ isDone }) => isDone);
  }

  /** On a perfect wire everybody leaves, and nothing is left. */
  async #finish(): Promise<void> {
    this.#isOver = true;
    for (const end of [this.#wire.a, this.#wire.b]) Object.assign(end.impairment, PERFECT_WIRE);
    for (const socket of this.#holders) socket.destroy();
    const end = this.clock.now() + AFTERMATH;
    while (this.clock.next <= end) await this.#step();
    assert.equal(this.#server.connectionCount, 0);
    assert.equal(this.#server.deadline(), Number.POSITIVE_INFINITY);
    assert.equal(this.#server.hasPending, false);
    assert.equal(this.#server.tcp.turns.arePending, false);
    // Where the last acknowledgment is lost, or a reset overtakes a FIN, the answer is kept until its time is over.
    if (this.#isPerfect)
      assert.equal(this.#server.tcp.stateless.kept.octets, 0, 'an answer is kept for nothing');
    answers += this.#server.counters.statelessAnswers;
    admissions += this.#server.counters.statelessAdmissions;
    refusals += this.#server.counters.statelessRefusals;
  }

  /** Streams and promises run in turns of the event loop, between the events of virtual time. */
  async #step(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (this.clock.next !== Number.POSITIVE_INFINITY) this.clock.advance(this.clock.next - this.clock.now());
  }

  #serve(): () => void {
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      const path = request.url!;
      this.#made.set(path, (this.#made.get(path) ?? 0) + 1);
      const delay = path.includes('late') ? this.#dice.magnitude(10, 5000) : 0;
      this.clock.setTimeout(() => response.end(pageOf(path)), delay);
    };
    const server = createHttpServer(answer);
    const oneSegment = createOneSegmentServer(answer);
    listen(this.#server, PORT, (socket) => server.emit('connection', socket.setNoDelay()), {
      deferAccept: true,
      answer: (request, asker) => oneSegment.answer(request, asker),
    });
    return () => {
      server.close();
      oneSegment.close();
    };
  }

  /** Somebody takes a connection, and leaves it for another after a while. */
  #hold(): void {
    if (this.#isOver) return;
    const socket = connect(this.#client, { address: B, port: PORT });
    this.#holders.add(socket);
    socket.write('GET /held HTTP/1.1\r\n');
    const timer = this.clock.setTimeout(() => socket.destroy(), this.#dice.magnitude(1, this.#held));
    socket.on('error', () => {}).on('end', () => socket.destroy());
    socket.on('close', () => {
      this.clock.clearTimeout(timer);
      this.#holders.delete(socket);
      this.clock.setTimeout(() => this.#hold(), this.#dice.fraction() * this.#free + 10);
    });
    socket.resume();
  }

  #visitAt(at: number, number: number): void {
    const kind = this.#dice.pick<Kind>(['short', 'short', 'late', 'long', 'in two']);
    const visitor = new Visitor(kind, `/${kind.replace(' ', '-')}/${number}`);
    this.#visitors.push(visitor);
    this.clock.setTimeout(
      () => visitor.visit(connect(this.#client, { address: B, port: PORT }), this.clock),
      at,
    );
  }

  /** A segment from an address that nobody has. */
  #forgeAt(at: number): void {
    const dice = this.#dice;
    this.clock.setTimeout(() => {
      const flags = dice.pick([Flag.SYN, Flag.ACK, Flag.ACK | Flag.PSH, Flag.ACK | Flag.FIN, Flag.RST]);
      const text = flags & Flag.SYN ? new Uint8Array(0) : Buffer.from('GET /forged HTTP/1.0\r\n\r\n');
      const numbers = { seq: dice.integer(0, 2 ** 32) | 0, ack: dice.integer(0, 2 ** 32) | 0 };
      const segment = segmentBytes({ sourcePort: dice.integer(1, 65_535), ...numbers, flags, text });
      const source = 0x0a00_0000 + dice.integer(1, 5);
      this.#proofs.onArrival(datagram(segment, { source }));
    }, at);
  }
}

/** Somebody who asks for a page, and reads it to its end. */
class Visitor {
  readonly kind: Kind;
  readonly path: string;
  isDone = false;
  #port = 0;
  #response = '';
  #error: Error | undefined;

  constructor(kind: Kind, path: string) {
    this.kind = kind;
    this.path = path;
  }

  visit(socket: TcpSocket, clock: VirtualClock): void {
    const [line, rest] = [`GET ${this.path} HTTP/1.1\r\n`, 'Host: b\r\nConnection: close\r\n\r\n'];
    socket.setNoDelay();
    this.#port = socket.localPort;
    if (this.kind === 'in two') {
      socket.write(line);
      clock.setTimeout(() => socket.end(rest), 500);
    } else socket.end(line + rest);
    socket.setEncoding('latin1').on('data', (data) => {
      this.#response += data;
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      this.isDone = true;
    });
  }

  toString(): string {
    return `${this.path} from port ${this.#port}`;
  }

  /** @param made how often the page was made */
  check(made: number): void {
    assert.equal(this.#error, undefined, `${this}: ${this.#error}`);
    const [head, body] = this.#response.split('\r\n\r\n');
    const status = /^HTTP\/1.1 (\d+)/.exec(head!)?.[1];
    assert.ok(made <= 1, `${this} was made ${made} times`);
    if (status === '200') {
      assert.equal(body, pageOf(this.path));
      assert.equal(made, 1);
    } else {
      assert.equal(status, '503', `${this}: ${this.#response}`);
      assert.match(head!, /Retry-After: \d+/);
      assert.ok(this.kind === 'long' || this.kind === 'in two', `${this} fits a segment, and got 503`);
    }
  }
}

function pageOf(path: string): string {
  return `${path} `.repeat(path.includes('long') ? 400 : 5);
}

function drawImpairment(dice: Dice, baud: number): Impairment {
  const delay = dice.pick([0, 1, 20, 150]);
  const worst = dice.pick([0, 0.01, 0.05, 0.15]);
  return {
    ...PERFECT_WIRE,
    baud,
    delay,
    jitter: dice.chance(0.5) ? dice.fraction() * delay * 2 : 0,
    loss: worst,
    duplication: dice.chance(0.5) ? worst : 0,
    reordering: dice.chance(0.5) ? dice.pick([0.01, 0.1, 0.3]) : 0,
    reorderDelay: dice.magnitude(1, 1000),
    corruption: dice.chance(0.3) ? worst / 2 : 0,
  };
}
