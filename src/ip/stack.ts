import type { Connection } from '../tcp/connection.ts';
import { systemRandom } from '../tcp/isn.ts';
import { LARGEST_WINDOW, lineTimeFor, type TcpSettings } from '../tcp/settings.ts';
import type { State } from '../tcp/state.ts';
import { Tcp } from '../tcp/tcp.ts';
import { formatAddress, isUnicast, parseAddress } from '../wire/address.ts';
import type { Drop } from '../wire/drop.ts';
import { IcmpType, Unreachable } from '../wire/icmp.ts';
import { type Ipv4Datagram, MORE_FRAGMENTS, Protocol, parseIpv4 } from '../wire/ipv4.ts';
import { checkRange, checkWhole } from '../wire/range.ts';
import { type Counters, type DropReason, dropInto, newCounters } from './counters.ts';
import { Icmp } from './icmp.ts';
import { refuseOptions } from './options.ts';
import { Reassembly } from './reassembly.ts';

export interface StackOptions {
  /** This end's address, a dotted quad. */
  address: string;
  /** Largest datagram sent, in bytes: 68 (RFC 791 §3.2) to 1500. */
  mtu?: number;
  /** Source of all randomness and secrets; node:crypto's unless set. */
  random?: (count: number) => Uint8Array;
  /** Most connections at once. */
  maxConnections?: number;
  /** Idle connections kept as they are, for they may be about to be needed; others take less memory. 1,024 unless set. */
  mostIdle?: number;
  /** RFC 7323; off by default, since every header would change beyond what RFC 1144 compresses. */
  timestamps?: boolean;
  /** Selective acknowledgments (RFC 2018). */
  sack?: boolean;
  /** Octets that a peer may send ahead of the application; 65,535 unless set. */
  receiveBuffer?: number;
  /** Octets that an application may write ahead of the peer; 65,535 unless set. */
  sendBuffer?: number;
  /** RTO before the first round trip was measured, in ms; 1,000 unless set (RFC 6298 §2.1). */
  initialRto?: number;
  /** Smallest RTO, in ms; 1,000 unless set (RFC 6298 §2.4). */
  minRto?: number;
  /** How long a peer may leave text unacknowledged, in ms: R2 of RFC 9293 §3.8.3; 180,000 unless set. */
  userTimeout?: number;
  /** Time to live of the datagrams sent, 1 to 255; 64 unless set (RFC 1700). */
  ttl?: number;
  /** The line's speed in bits a second, 10 bits to a byte, if it is known: timers allow for it. */
  baud?: number;
}

/** What a stack knows of its line, and what may change while it runs. */
export type LineTraits = Pick<StackOptions, 'mtu' | 'baud' | 'initialRto' | 'minRto'>;

/** What is told of a connection to those who look on. */
export interface ConnectionInfo {
  state: State;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  /** Octets in flight, waiting to be sent, and received but not read. */
  inFlight: number;
  unsent: number;
  unread: number;
  /** Smoothed round-trip time in ms; undefined before it was measured. */
  rtt: number | undefined;
}

/**
 * An IPv4 host at the end of a line, without a clock, a timer or a socket: datagrams are pushed in and
 * pulled out, and the caller says what time it is. `now` is monotonic, in ms, and may be fractional.
 */
export class Stack {
  readonly counters: Counters = newCounters();
  /** @internal */
  readonly tcp: Tcp;
  /** @internal */
  readonly icmp: Icmp;
  readonly address: string;
  /** Called when something to transmit arose outside receive() and expire(). */
  onPending: () => void = () => {};
  /** Called with the reason when something is refused, as a rule within the receive() that brought it. */
  onDrop: (reason: DropReason) => void = () => {};

  readonly #address: number;
  #options: StackOptions;
  readonly #drop: Drop<DropReason> = dropInto(this.counters, (reason) => this.onDrop(reason));
  readonly #reassembly = new Reassembly(this.#drop);
  /** Inside a call of the caller's, who will pull anyway. */
  #busy = false;
  /** Whether a reply of ICMP went out last: then text has a turn first, whatever floods in. */
  #repliedLast = false;

  /** @throws {RangeError} when an option is out of its range */
  constructor(options: StackOptions) {
    const { address } = options;
    this.address = address;
    this.#options = options;
    this.#address = parseAddress(address);
    if (!isUnicast(this.#address)) throw new RangeError(`not an address for a host: ${address}`);
    this.tcp = new Tcp(
      settingsFrom(options, this.#address),
      this.counters,
      this.#drop,
      (options.random ?? systemRandom)(32),
    );
    this.tcp.onPending = () => this.#pending();
    const { counters, tcp } = this;
    const { ttl } = tcp.settings;
    this.icmp = new Icmp({ address: this.#address, mtu: this.mtu, ttl, tcp, counters, drop: this.#drop });
  }

  /** Largest datagram sent, in bytes. */
  get mtu(): number {
    return this.#options.mtu ?? DEFAULT_MTU;
  }

  /**
   * Tells that the line has changed. New connections go by it; open ones keep the size of their segments, and learn
   * its times by and by.
   *
   * @throws {RangeError} when a trait is out of its range
   */
  retune(traits: LineTraits): void {
    const options = { ...this.#options, ...traits };
    Object.assign(this.tcp.settings, settingsFrom(options, this.#address));
    this.#options = options;
    this.icmp.mtu = this.mtu;
  }

  /** One datagram from the wire. Never throws on bad input; keeps no reference to `datagram`. */
  receive(datagram: Uint8Array, now: number): void {
    this.#enter(now);
    this.counters.datagramsIn++;
    this.counters.octetsIn += datagram.length;
    const parsed = parseIpv4(datagram, this.#drop);
    if (parsed && this.#accepts(parsed)) this.#dispatch(parsed);
    this.#leave();
  }

  /**
   * The next datagram to send, if there is one. Order: acknowledgments and resets (no more octets than text
   * while that waits), ICMP (every other turn at most), then the connections in turn, fair by bytes.
   */
  transmit(now: number): Uint8Array | undefined {
    this.#enter(now);
    const datagram =
      this.tcp.turns.transmitControl() ??
      this.#transmitReply() ??
      this.tcp.turns.transmitText() ??
      this.tcp.turns.transmitControl() ??
      this.#reply();
    if (datagram) {
      this.counters.datagramsOut++;
      this.counters.octetsOut += datagram.length;
    }
    this.#leave();
    return datagram;
  }

  /** When `expire` is next due, in ms; Infinity if never. */
  deadline(): number {
    return Math.min(this.tcp.deadline(), this.#reassembly.deadline());
  }

  /** Runs what is due. */
  expire(now: number): void {
    this.#enter(now);
    this.tcp.expire();
    this.#reassembly.expire(now, (first) => this.icmp.sendError(IcmpType.TIME_EXCEEDED, 1, first, now));
    this.#leave();
  }

  /** The states of all connections, as of now. */
  get connections(): Iterable<ConnectionInfo> {
    return infos(this.tcp.table.all());
  }

  get connectionCount(): number {
    return this.tcp.table.size;
  }

  /** Whether transmit() might give something now. */
  get hasPending(): boolean {
    return this.tcp.turns.arePending || this.icmp.waiting.length > 0;
  }

  /** Sends an echo request; `icmp.onEchoReply` is told of the reply. @returns false when there is no room @internal */
  ping(address: string, identifier: number, sequence: number, data: Uint8Array): boolean {
    const sent = this.icmp.sendEcho(parseAddress(address), identifier, sequence, data);
    this.#pending();
    return sent;
  }

  /** Resets whatever is open; the resets are there for transmit() to give. */
  close(): void {
    this.tcp.abortAll();
    this.tcp.tellUsers();
  }

  /** What RFC 1122 §3.2.1.3 asks of a host. Any TTL is good enough (§3.2.1.7). */
  #accepts(datagram: Ipv4Datagram): boolean {
    const reason = this.#refusal(datagram);
    if (reason) this.#drop(reason);
    return reason === undefined;
  }

  #refusal(datagram: Ipv4Datagram): DropReason | undefined {
    if (!isUnicast(datagram.source) || datagram.source === this.#address) return 'ip-martian-source';
    if (datagram.destination !== this.#address) {
      return isUnicast(datagram.destination) ? 'ip-not-ours' : 'ip-broadcast';
    }
    return refuseOptions(datagram);
  }

  #dispatch(datagram: Ipv4Datagram): void {
    if (datagram.fragmentOffset > 0 || datagram.flags & MORE_FRAGMENTS) {
      const whole = this.#reassembly.add(datagram, this.tcp.now);
      if (!whole) return;
      this.counters.datagramsReassembled++;
      datagram = whole;
    }
    if (datagram.protocol === Protocol.TCP) this.tcp.receive(datagram);
    else if (datagram.protocol === Protocol.ICMP) this.icmp.receive(datagram);
    else if (datagram.protocol === Protocol.UDP)
      this.#unreachable(Unreachable.PORT, 'udp-port-closed', datagram);
    else this.#unreachable(Unreachable.PROTOCOL, 'ip-protocol-unknown', datagram);
  }

  #unreachable(code: number, reason: DropReason, datagram: Ipv4Datagram): void {
    this.#drop(reason);
    this.icmp.sendError(IcmpType.DESTINATION_UNREACHABLE, code, datagram, this.tcp.now);
  }

  #transmitReply(): Uint8Array | undefined {
    if (this.#repliedLast) {
      this.#repliedLast = false;
      return undefined;
    }
    return this.#reply();
  }

  #reply(): Uint8Array | undefined {
    const reply = this.icmp.waiting.shift();
    this.#repliedLast = reply !== undefined;
    return reply;
  }

  #pending(): void {
    if (!this.#busy) this.onPending();
  }

  /** A call from outside begins. */
  #enter(now: number): void {
    this.tcp.now = now;
    this.#busy = true;
  }

  /** It ends, and the users are told. What they throw is the caller's to see. */
  #leave(): void {
    try {
      this.tcp.tellUsers();
    } finally {
      this.#busy = false;
    }
  }
}

const DEFAULT_MTU = 1500;

/** @throws {RangeError} */
function checkOptions(options: StackOptions): void {
  const { mtu, ttl, maxConnections, mostIdle, receiveBuffer, sendBuffer, baud } = options;
  checkWhole('mtu', mtu, 68, 1500);
  checkWhole('ttl', ttl, 1, 255);
  checkWhole('maxConnections', maxConnections, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('mostIdle', mostIdle, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('receiveBuffer', receiveBuffer, 1, LARGEST_WINDOW);
  checkWhole('sendBuffer', sendBuffer, 1, LARGEST_WINDOW);
  checkRange('baud', baud, 0, Number.MAX_VALUE);
  const { initialRto, minRto, userTimeout } = options;
  for (const [name, time] of Object.entries({ initialRto, minRto, userTimeout }))
    checkRange(name, time, 1, Number.MAX_VALUE);
}

/** @throws {RangeError} when an option is out of its range */
function settingsFrom(options: StackOptions, address: number): TcpSettings {
  checkOptions(options);
  const { mtu = DEFAULT_MTU } = options;
  return {
    address,
    mss: mtu - 40,
    maxConnections: options.maxConnections ?? 65_536,
    mostIdle: options.mostIdle ?? 1024,
    timestamps: options.timestamps ?? false,
    sack: options.sack ?? true,
    receiveBuffer: options.receiveBuffer ?? 65_535,
    sendBuffer: options.sendBuffer ?? 65_535,
    initialRto: options.initialRto ?? 1000,
    minRto: options.minRto ?? 1000,
    lineTime: lineTimeFor(options.baud ?? 0, mtu),
    ackDelay: 100,
    timeWait: 60_000,
    finWait2: 60_000,
    userTimeout: options.userTimeout ?? 180_000,
    ttl: options.ttl ?? 64,
  };
}

function* infos(connections: Iterable<Connection>): IterableIterator<ConnectionInfo> {
  for (const c of connections) {
    yield {
      state: c.state,
      localPort: c.localPort,
      remoteAddress: formatAddress(c.remoteAddress),
      remotePort: c.remotePort,
      inFlight: c.flight?.pipe ?? 0,
      unsent: c.unsent,
      unread: c.receiveBuffer?.readable ?? 0,
      rtt: c.srtt === 0 ? undefined : c.srtt / 1000,
    };
  }
}
