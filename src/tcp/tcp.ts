import { pseudoHeaderSum } from '../wire/checksum.ts';
import type { Drop } from '../wire/drop.ts';
import type { Ipv4Datagram } from '../wire/ipv4.ts';
import { Protocol } from '../wire/ipv4.ts';
import { Flag, parseSegment, type Segment, segmentLength } from '../wire/tcp.ts';
import { segmentArrives } from './arrives.ts';
import { type Connection, type ConnectionError, Notice } from './connection.ts';
import type { TcpCounters, TcpDropReason } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import { Handshakes } from './handshakes.ts';
import { type IcmpError, takeIcmpError } from './icmp-errors.ts';
import { initialSequenceNumber, KeyedHash } from './isn.ts';
import type { Listener } from './listener.ts';
import { openActively, openPassively, segmentArrivesInSynSent } from './open.ts';
import { Queue } from './queue.ts';
import { buildReset } from './reset.ts';
import { isAtRest, isIdle, Rest } from './rest.ts';
import { add, before } from './seq.ts';
import type { TcpSettings } from './settings.ts';
import type { State } from './state.ts';
import { deadlineOf, expireConnection, startQuietTimer, waitForWindow } from './timers.ts';
import { buildAcknowledgment, hasTextToSend, nextText } from './transmit.ts';

/** Resets for strangers that wait to be sent; more are not made: they will ask again. */
const MOST_RESETS = 16;

interface LocalPort {
  listener: Listener | undefined;
  /** By remote address and port: 48 bits of one number. Those at rest are the numbers of their rows. */
  readonly connections: Map<number, Connection | number>;
}

export interface Tuple {
  localPort: number;
  remoteAddress: number;
  remotePort: number;
}

export interface OpenOptions {
  /** An ephemeral one unless set. */
  localPort?: number | undefined;
  /** How long the handshake may take, in ms; the user timeout unless set. */
  timeout?: number | undefined;
}

/**
 * TCP at one address: the table of connections, the ports that listen, the deadlines, and whose turn it
 * is. The rules for one connection are in the functions that it calls.
 */
export class Tcp {
  readonly settings: TcpSettings;
  readonly counters: TcpCounters;
  readonly drop: Drop<TcpDropReason>;
  readonly hash: KeyedHash;
  readonly handshakes: Handshakes;
  /** The time of the latest call from outside, ms. */
  now = 0;
  /** Called with each round-trip time that is measured, in ms. */
  onRoundTrip: (rtt: number) => void = () => {};
  /** Connections whose users have something to be told. */
  readonly noticed: Connection[] = [];
  /** Called when something to transmit arose. */
  onPending: () => void = () => {};
  connectionCount = 0;

  readonly #ports = new Map<number, LocalPort>();
  readonly #deadlines = new Deadlines();
  readonly #ackQueue = new Queue<Connection>();
  readonly #textQueue = new Queue<Connection>();
  readonly #resets = new Queue<Uint8Array>();
  /** May be put to rest, idle for longest first. */
  readonly #idle = new Queue<Connection>();
  readonly #rest = new Rest(this);
  /** In TIME-WAIT, oldest first: they give way when the table is full. */
  readonly #timeWait = new Set<Connection>();
  #nextEphemeral: number;
  /** Whether an answer to a SYN without state went out last: then text has a turn first, whatever floods in. */
  #answeredLast = false;
  /**
   * Octets that acknowledgments and resets may take before text that waits has a turn: a flood of segments that
   * call for an answer must not hold it up.
   */
  #controlCredit: number;

  constructor(settings: TcpSettings, counters: TcpCounters, drop: Drop<TcpDropReason>, secret: Uint8Array) {
    this.settings = settings;
    this.#controlCredit = settings.mss + 40;
    this.counters = counters;
    this.drop = drop;
    this.hash = new KeyedHash(secret);
    this.handshakes = new Handshakes(this);
    this.#nextEphemeral = this.hash.of(0) & 0xffff;
  }

  /** SEGMENT ARRIVES (RFC 9293 §3.10.7). */
  receive(datagram: Ipv4Datagram): void {
    const { source, destination, payload } = datagram;
    const sum = pseudoHeaderSum(source, destination, Protocol.TCP, payload.length);
    const segment = parseSegment(payload, sum, this.drop);
    if (!segment) return;
    this.counters.segmentsIn++;
    const c = this.#find(segment.destinationPort, source, segment.sourcePort);
    if (!c || this.#isReborn(c, segment)) return this.#arrivesAtPort(source, segment, c);
    if (this.handshakes.isTooLate(c, segment)) return this.drop('tcp-line-busy');
    if (c.state === 'SYN-SENT') segmentArrivesInSynSent(c, segment);
    else segmentArrives(c, segment);
    this.changed(c);
  }

  /** A pure acknowledgment or a reset that waits to be sent. */
  transmitControl(): Uint8Array | undefined {
    if (this.#controlCredit <= 0 && this.#textQueue.length > 0) return undefined;
    for (let c = this.#ackQueue.shift(); c; c = this.#ackQueue.shift()) {
      c.inAckQueue = false;
      if (!c.ackNow || c.state === 'CLOSED') continue;
      // Where its text goes next anyway, the acknowledgment rides on it.
      const aboutToSend = this.#textQueue.length === 1 && this.#textQueue.peek() === c;
      const datagram = (aboutToSend ? this.transmitText() : undefined) ?? this.#spend(buildAcknowledgment(c));
      this.changed(c);
      return datagram;
    }
    const reset = this.#resets.shift();
    return reset ? this.#spend(reset) : this.#answerSyn();
  }

  /** The next segment with text, SYN or FIN: connections take turns, fair by bytes (deficit round robin). */
  transmitText(): Uint8Array | undefined {
    this.#answeredLast = false;
    for (let c = this.#textQueue.peek(); c; c = this.#textQueue.peek()) {
      const datagram = c.state === 'CLOSED' ? undefined : nextText(c);
      if (datagram) {
        this.#pay(c, datagram.length);
        this.#schedule(c);
        return datagram;
      }
      this.#textQueue.shift();
      c.inTextQueue = false;
      c.credit = Math.min(c.credit, 0);
      if (c.state === 'CLOSED') continue;
      waitForWindow(c);
      this.#noteIdle(c);
      this.#deadlines.set(c, deadlineOf(c));
    }
    return undefined;
  }

  /** Whether anything is queued to be sent. */
  get hasPending(): boolean {
    return this.#resets.length + this.#ackQueue.length + this.#textQueue.length > 0;
  }

  /** Connections that have something to send, and the windows to do so. */
  get turnsWaiting(): number {
    return this.#textQueue.length;
  }

  deadline(): number {
    return Math.min(this.#deadlines.earliest, this.#rest.earliest, this.handshakes.deadline());
  }

  /** Runs the deadlines that are due. */
  expire(): void {
    while (this.#rest.earliest <= this.now) this.#wake(this.#rest.first!);
    while (this.#deadlines.earliest <= this.now) {
      const c = this.#deadlines.first!;
      expireConnection(c);
      this.changed(c);
    }
  }

  /** Hands the pending notices to the applications, in order; what they do may give rise to more. */
  tellUsers(): void {
    for (let i = 0; i < this.noticed.length; i++) tellUser(this.noticed[i]!);
    this.noticed.length = 0;
    this.#putToRest();
  }

  listen(listener: Listener): void {
    const port = this.#port(listener.port);
    if (port.listener) throw new Error(`port ${listener.port} is in use`);
    port.listener = listener;
  }

  /** Ends LISTEN: connections that nobody has taken yet are reset, accepted ones live on. */
  unlisten(listener: Listener): void {
    const port = this.#ports.get(listener.port);
    if (port?.listener !== listener) return;
    // Those at rest know their listener by its port alone.
    for (const c of port.connections.values())
      if (typeof c === 'number' && this.#rest.isOpen(c)) this.#wake(c);
    port.listener = undefined;
    this.handshakes.end(listener);
    for (const c of port.connections.values())
      if (typeof c !== 'number' && c.listener === listener) c.abort();
    this.#release(listener.port, port);
  }

  /**
   * OPEN, active.
   *
   * @throws {Error} with a code: the tuple is in use (EADDRINUSE), or every ephemeral port (EADDRNOTAVAIL), or
   *   there is no room (ENOBUFS)
   */
  connect(remoteAddress: number, remotePort: number, options: OpenOptions = {}): Connection {
    const localPort = options.localPort ?? this.#ephemeralPort(remoteAddress, remotePort);
    if (this.#find(localPort, remoteAddress, remotePort))
      throw openError('EADDRINUSE', `port ${localPort} is in use`);
    if (!this.makeRoom())
      throw openError('ENOBUFS', `no room for more than ${this.connectionCount} connections`);
    const tuple = { localPort, remoteAddress, remotePort };
    const c = openActively(this, tuple, options.timeout ?? this.settings.userTimeout);
    this.changed(c);
    return c;
  }

  /** Who listens on a port. */
  listenerOf(port: number): Listener | undefined {
    return this.#ports.get(port)?.listener;
  }

  /** All connections, to be looked at only: of those at rest there are but copies. */
  *connections(): IterableIterator<Connection> {
    for (const port of this.#ports.values())
      for (const c of port.connections.values()) yield typeof c === 'number' ? this.#rest.peek(c) : c;
  }

  abortAll(): void {
    for (const port of this.#ports.values())
      for (const c of port.connections.values()) (typeof c === 'number' ? this.#wake(c) : c).abort();
  }

  /** Puts a new connection into the table. */
  remember(c: Connection): void {
    this.#port(c.localPort).connections.set(keyOf(c.remoteAddress, c.remotePort), c);
    this.connectionCount++;
  }

  /** Takes a connection out of the table: it is CLOSED. */
  forget(c: Connection, error?: ConnectionError): void {
    if (c.state === 'CLOSED') return;
    c.error = error;
    this.setState(c, 'CLOSED');
  }

  setState(c: Connection, state: State): void {
    if (c.state === state) return;
    if (c.state === 'SYN-RECEIVED') c.listener?.halfOpen.delete(c);
    if (c.state === 'TIME-WAIT') this.#timeWait.delete(c);
    c.state = state;
    startQuietTimer(c);
    if (state === 'TIME-WAIT') this.#timeWait.add(c);
    if (state === 'CLOSED') this.#remove(c);
  }

  /** Whether there is room for one more connection; one in TIME-WAIT gives way. */
  makeRoom(): boolean {
    if (this.connectionCount < this.settings.maxConnections) return true;
    const row = this.#rest.oldestTimeWait;
    const [oldest] = row === undefined ? this.#timeWait : [this.#wake(row)];
    if (oldest) this.forget(oldest);
    return oldest !== undefined;
  }

  /** The same for a peer that has proved its address: one that has been connected for longest, and never said a word, gives way. */
  makeRoomForProved(): boolean {
    if (this.makeRoom()) return true;
    const silent = this.#oldestSilent();
    silent?.abort();
    return silent !== undefined;
  }

  /** The peer of a quiet connection gave a sign of life. */
  heard(c: Connection): void {
    c.keepAliveProbes = 0;
    startQuietTimer(c);
  }

  /** To be called after anything changed in `c`: queues it for its turns and sets its deadline. */
  changed(c: Connection): void {
    if (c.state === 'CLOSED') return;
    const pending = this.#schedule(c);
    if (pending) this.onPending();
  }

  /**
   * To be called after the user asked something of `c`: it gets a turn. What that means for its deadlines is
   * seen then, for between two calls from outside the time is not known.
   */
  asked(c: Connection): void {
    if (c.state === 'CLOSED') return;
    if (!c.inTextQueue) this.#textQueue.push(c);
    c.inTextQueue = true;
    this.#deadlines.set(c, deadlineOf(c));
    this.onPending();
  }

  /** Resets the peer of `c` (RFC 9293 §3.10.5). */
  sendReset(c: Connection): void {
    const { localPort, remoteAddress, remotePort } = c;
    this.#queueReset(buildReset(this, { localPort, remoteAddress, remotePort }, c.sndNxt, c.rcvNxt));
  }

  /** Answers a segment that belongs to no connection (RFC 9293 §3.10.7.1). Never answers a reset. */
  resetSegment(remoteAddress: number, segment: Segment): void {
    if (segment.flags & Flag.RST || this.#resets.length >= MOST_RESETS) return;
    const tuple = { localPort: segment.destinationPort, remoteAddress, remotePort: segment.sourcePort };
    if (segment.flags & Flag.ACK) this.#queueReset(buildReset(this, tuple, segment.ack, undefined));
    else this.#queueReset(buildReset(this, tuple, 0, add(segment.seq, segmentLength(segment))));
  }

  /** An ICMP error quoted a segment of ours that began at `seq`. */
  icmpError(tuple: Tuple, seq: number, error: IcmpError): void {
    const c = this.#find(tuple.localPort, tuple.remoteAddress, tuple.remotePort);
    if (!c) {
      this.counters.icmpErrorsIgnored++;
      return;
    }
    takeIcmpError(c, seq, error);
    this.changed(c);
  }

  newIss(tuple: Tuple): number {
    const { localPort, remoteAddress, remotePort } = tuple;
    const { address } = this.settings;
    return initialSequenceNumber(this.hash, this.now, address, localPort, remoteAddress, remotePort);
  }

  #find(localPort: number, remoteAddress: number, remotePort: number): Connection | undefined {
    const c = this.#ports.get(localPort)?.connections.get(keyOf(remoteAddress, remotePort));
    return typeof c === 'number' ? this.#wake(c) : c;
  }

  #noteIdle(c: Connection): void {
    if (c.inIdleQueue || !isIdle(c)) return;
    c.inIdleQueue = true;
    this.#idle.push(c);
  }

  /** The connections that have been idle for longest become rows. */
  #putToRest(): void {
    while (this.#idle.length > this.settings.mostIdle) {
      const c = this.#idle.shift()!;
      c.inIdleQueue = false;
      if (!isAtRest(c, this.listenerOf(c.localPort))) continue;
      this.#replace(c, this.#rest.add(c));
      this.#timeWait.delete(c);
      this.#deadlines.set(c, Number.POSITIVE_INFINITY);
      c.state = 'CLOSED'; // what is left concerns its user no more
      dismissUser(c);
    }
  }

  /** Open, and never taken since its peer has sent no text. */
  #oldestSilent(): Connection | undefined {
    const row = this.#rest.oldestOpen;
    if (row !== undefined) return this.#wake(row);
    for (let c = this.#idle.shift(); c; c = this.#idle.shift()) {
      c.inIdleQueue = false;
      if (c.state === 'ESTABLISHED' && isAtRest(c, this.listenerOf(c.localPort))) return c;
    }
    return undefined;
  }

  /** Makes a row a connection again. */
  #wake(row: number): Connection {
    const c = this.#rest.remove(row);
    this.#replace(c, c);
    if (c.state === 'TIME-WAIT') this.#timeWait.add(c);
    this.#schedule(c);
    return c;
  }

  #replace({ localPort, remoteAddress, remotePort }: Connection, by: Connection | number): void {
    this.#ports.get(localPort)!.connections.set(keyOf(remoteAddress, remotePort), by);
  }

  /**
   * A new SYN ends TIME-WAIT if it cannot be an old one (RFC 9293 §3.6.1) and can be answered: else it would
   * only cut TIME-WAIT short (RFC 1337).
   */
  #isReborn(c: Connection, segment: Segment): boolean {
    const isSyn = (segment.flags & (Flag.SYN | Flag.RST | Flag.ACK)) === Flag.SYN;
    if (c.state !== 'TIME-WAIT' || !isSyn || !this.listenerOf(c.localPort)) return false;
    if (!isNewerThan(c, segment)) return false;
    this.forget(c);
    return true;
  }

  /** @param previous the incarnation that was in TIME-WAIT until now, if there was one */
  #arrivesAtPort(source: number, segment: Segment, previous?: Connection): void {
    const listener = this.listenerOf(segment.destinationPort);
    if (listener) {
      const c = openPassively(this, listener, source, segment, previous);
      if (c) this.changed(c);
      return;
    }
    this.drop(segment.flags & Flag.RST ? 'tcp-reset-unexpected' : 'tcp-port-closed');
    this.resetSegment(source, segment);
  }

  #answerSyn(): Uint8Array | undefined {
    if (this.#answeredLast && this.#textQueue.length > 0) return undefined;
    const answer = this.handshakes.transmit();
    this.#answeredLast = answer !== undefined;
    return answer;
  }

  #schedule(c: Connection): boolean {
    let pending = false;
    if (c.ackNow && !c.inAckQueue) {
      c.inAckQueue = pending = true;
      this.#ackQueue.push(c);
    }
    if (!c.inTextQueue && hasTextToSend(c)) {
      c.inTextQueue = pending = true;
      this.#textQueue.push(c);
    }
    if (!c.inTextQueue) waitForWindow(c);
    this.#noteIdle(c);
    this.#deadlines.set(c, deadlineOf(c));
    return pending;
  }

  /** Charges a turn, and passes it on once the credit is used up. */
  #spend(control: Uint8Array): Uint8Array {
    this.#controlCredit -= control.length;
    return control;
  }

  #pay(c: Connection, length: number): void {
    this.#controlCredit = Math.min(this.#controlCredit + length, this.settings.mss + 40);
    c.credit -= length;
    if (c.credit > 0) return;
    c.credit += this.settings.mss + 40;
    this.#textQueue.shift();
    this.#textQueue.push(c);
  }

  #remove(c: Connection): void {
    const port = this.#ports.get(c.localPort)!;
    port.connections.delete(keyOf(c.remoteAddress, c.remotePort));
    this.#release(c.localPort, port);
    this.connectionCount--;
    this.#deadlines.set(c, Number.POSITIVE_INFINITY);
    c.flight = undefined;
    c.sendBuffer = undefined;
    c.notify(Notice.CLOSED);
  }

  #port(number: number): LocalPort {
    let port = this.#ports.get(number);
    if (!port) {
      port = { listener: undefined, connections: new Map() };
      this.#ports.set(number, port);
    }
    return port;
  }

  #release(number: number, port: LocalPort): void {
    if (!port.listener && port.connections.size === 0) this.#ports.delete(number);
  }

  #queueReset(reset: Uint8Array): void {
    this.counters.resetsOut++;
    this.#resets.push(reset);
    this.onPending();
  }

  /** Simple hash-based selection (RFC 6056 §3.3.3), in the range that IANA sets aside. */
  #ephemeralPort(remoteAddress: number, remotePort: number): number {
    const first = 49_152;
    const count = 65_536 - first;
    const offset = this.hash.of(this.settings.address, remoteAddress, remotePort) >>> 0;
    for (let tries = 0; tries < count; tries++) {
      const port = first + ((offset + this.#nextEphemeral++) % count);
      if (!this.#ports.has(port)) return port;
    }
    throw openError('EADDRNOTAVAIL', 'every ephemeral port is in use');
  }
}

/** Whether a SYN belongs to a later incarnation than `c`, by its timestamp or else its number (RFC 6191 §2). */
function isNewerThan(c: Connection, segment: Segment): boolean {
  const value = segment.options.timestamps?.value;
  const recent = c.timestamps?.recent;
  if (value !== undefined && recent !== undefined && value !== recent) return before(recent, value);
  return !before(segment.seq, c.rcvNxt);
}

function openError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Remote address and port as one number of 48 bits. */
export function keyOf(remoteAddress: number, remotePort: number): number {
  return remoteAddress * 65_536 + remotePort;
}

function tellUser(c: Connection): void {
  const notices = c.notices;
  c.notices = 0;
  if (c.listener && !c.user) acceptConnection(c, notices);
  const { user } = c;
  if (!user) return;
  if (notices & Notice.OPENED) user.opened();
  if (notices & Notice.READABLE) user.readable();
  if (notices & Notice.WRITABLE) user.writable();
  if (notices & Notice.CLOSED) user.closed(c.error);
  else if (c.state === 'TIME-WAIT' && !c.receiveBuffer) dismissUser(c);
}

/** TIME-WAIT is of no interest to the user who has had all there was; and he need not be kept for so long. */
function dismissUser(c: Connection): void {
  const { user } = c;
  c.user = undefined;
  user?.closed(undefined);
}

function acceptConnection(c: Connection, notices: number): void {
  const { listener } = c;
  if (!listener || c.state === 'CLOSED' || c.state === 'SYN-RECEIVED') return;
  if (listener.deferAccept && !(notices & Notice.READABLE)) return;
  c.listener = undefined;
  if (listener.deferAccept) c.setKeepAlive(0);
  listener.accept(c);
}
