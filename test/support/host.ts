import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { Invariants } from './invariants.ts';
import {
  buildRemoteIcmp,
  buildRemoteSegment,
  type Ends,
  parseScriptIcmp,
  parseScriptSegment,
  renderLocalSegment,
  textAt,
} from './packet.ts';
import { A, B, fixedRandom } from './wire.ts';

export const PEER_PORT = 50_000;
export const PORT = 80;
/** What the peer's window field says where the notation says nothing. */
const PEER_WINDOW = 1000;

/**
 * One stack under virtual time and a peer that says what it is told to say. Sequence numbers in notation
 * count from the initial ones; both of those are 2^32 − 10, so that all text crosses the wrap.
 */
export class Host {
  readonly stack: Stack;
  readonly ends: Ends = {
    localPort: PORT,
    localIsn: 2 ** 32 - 10,
    remoteIsn: 2 ** 32 - 10,
  };
  now = 1000;
  /** What the connection's user was told, in order. */
  readonly told: string[] = [];
  readonly #connections: Connection[] = [];
  readonly #invariants: Invariants;
  #listener: Listener | undefined;
  #written = 1;

  constructor(options: Partial<StackOptions> = {}) {
    this.stack = new Stack({ address: B, random: fixedRandom(1), receiveBuffer: 1500, ...options });
    this.#invariants = new Invariants(this.stack);
    const { tcp } = this.stack;
    tcp.newIss = () => this.ends.localIsn | 0;
    const { table } = tcp;
    const add = table.add.bind(table);
    table.add = (c) => {
      this.#connections.push(c);
      add(c);
    };
  }

  /** The connection that was made last, though it may be gone by now. @throws {Error} when there was none */
  get connection(): Connection {
    const c = this.latest;
    if (!c) throw new Error('there was no connection');
    return c;
  }

  get latest(): Connection | undefined {
    return this.#connections.at(-1);
  }

  listen(options: { backlog?: number; deferAccept?: boolean } = {}): Listener {
    const listener: Listener = {
      port: PORT,
      backlog: options.backlog ?? 128,
      deferAccept: options.deferAccept ?? false,
      accept: (c) => this.#takeOn(c),
      halfOpen: 0,
    };
    this.stack.tcp.listen(listener);
    this.#listener = listener;
    return listener;
  }

  unlisten(): void {
    if (this.#listener) this.stack.tcp.unlisten(this.#listener);
  }

  /** OPEN, active; the SYN is there for `sent` to give. */
  connect(): this {
    this.stack.tcp.now = this.now;
    this.#takeOn(this.stack.tcp.connect(parseAddress(A), PEER_PORT, { localPort: PORT }));
    return this;
  }

  /** A segment, or an ICMP error, in packetdrill's notation comes from the peer. */
  arrives(notation: string, port = PEER_PORT): this {
    return this.receive(this.datagram(notation, port));
  }

  /** The peer's datagram in `notation`. */
  datagram(notation: string, port = PEER_PORT): Uint8Array {
    if (notation.startsWith('icmp')) return buildRemoteIcmp(parseScriptIcmp(notation), this.ends, port);
    const segment = parseScriptSegment(notation);
    segment.window ??= PEER_WINDOW;
    return buildRemoteSegment(segment, this.ends, port);
  }

  receive(datagram: Uint8Array): this {
    this.stack.receive(datagram, this.now);
    datagram.fill(0xee); // receive() keeps no reference
    this.#invariants.check();
    return this;
  }

  /** All that the stack transmits now. */
  sent(): string[] {
    return this.pulled().map((datagram) => renderLocalSegment(datagram, this.ends));
  }

  pulled(): Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    for (let next = this.stack.transmit(this.now); next; next = this.stack.transmit(this.now)) {
      datagrams.push(next);
      this.#invariants.transmitted(next);
      this.#invariants.check();
    }
    return datagrams;
  }

  /** Lets `ms` pass; returns what the stack transmitted meanwhile, each with how long that took. */
  advance(ms: number): string[] {
    const from = this.now;
    const seen: string[] = [];
    const pull = () => seen.push(...this.sent().map((segment) => `+${this.now - from} ${segment}`));
    pull();
    while (this.stack.deadline() <= from + ms) {
      this.now = Math.max(this.now, this.stack.deadline());
      this.stack.expire(this.now);
      pull();
    }
    this.now = from + ms;
    pull();
    return seen;
  }

  /** SEND of the next `length` octets of the text that `sent` expects; returns how many were taken. */
  send(length: number): number {
    const taken = this.call((c) => c.send(textAt(this.#written, length)));
    this.#written += taken;
    return taken;
  }

  /** RECEIVE until nothing is left; returns how many octets there were. @throws {Error} when they are not what was sent */
  read(): number {
    let length = 0;
    const next = () => this.call((c) => c.receive());
    for (let text = next(); text; text = next()) length += text.length;
    return length;
  }

  /** A call of the user's on the connection. */
  call<T>(body: (c: Connection) => T): T {
    this.stack.tcp.now = this.now;
    const result = body(this.connection);
    this.stack.tcp.tellUsers();
    this.#invariants.check();
    return result;
  }

  #takeOn(c: Connection): void {
    if (!this.#connections.includes(c)) this.#connections.push(c); // it was at rest
    c.user = {
      opened: () => this.told.push('opened'),
      readable: () => this.told.push('readable'),
      writable: () => this.told.push('writable'),
      closed: (error) => this.told.push(error ? `closed ${error}` : 'closed'),
    };
  }
}
