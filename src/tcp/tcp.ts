import { pseudoHeaderSum } from '../wire/checksum.ts';
import type { Drop } from '../wire/drop.ts';
import type { Ipv4Datagram } from '../wire/ipv4.ts';
import { Protocol } from '../wire/ipv4.ts';
import { Flag, parseSegment, type Segment, segmentLength } from '../wire/tcp.ts';
import { Admission } from './admission.ts';
import { segmentArrives } from './arrives.ts';
import { type Connection, type ConnectionError, Notice } from './connection.ts';
import type { TcpCounters, TcpDropReason } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import { Handshakes } from './handshakes.ts';
import { type IcmpError, takeIcmpError } from './icmp-errors.ts';
import { initialSequenceNumber, KeyedHash } from './isn.ts';
import type { Listener } from './listener.ts';
import { openActively, openPassively, segmentArrivesInSynSent } from './open.ts';
import { Ports, type Tuple } from './ports.ts';
import { Queue } from './queue.ts';
import { buildReset } from './reset.ts';
import { add, before } from './seq.ts';
import type { TcpSettings } from './settings.ts';
import type { State } from './state.ts';
import { Stateless } from './stateless/stateless.ts';
import { Table } from './table.ts';
import { deadlineOf, expireConnection, startQuietTimer, waitForWindow } from './timers.ts';
import { Turns } from './turns.ts';

export interface OpenOptions {
  /** An ephemeral one unless set. */
  localPort?: number | undefined;
  /** How long the handshake may take, in ms; the user timeout unless set. */
  timeout?: number | undefined;
}

/**
 * TCP at one address: what becomes of the segments that arrive, of the deadlines and of what users ask. The rules for one
 * connection are in the functions that it calls.
 */
export class Tcp {
  readonly settings: TcpSettings;
  readonly counters: TcpCounters;
  readonly drop: Drop<TcpDropReason>;
  readonly hash: KeyedHash;
  readonly admission: Admission;
  readonly handshakes: Handshakes;
  readonly turns: Turns;
  readonly stateless: Stateless;
  readonly table: Table;
  /** The time of the latest call from outside, ms. */
  now = 0;
  /** Called with each round-trip time that is measured, in ms. */
  onRoundTrip: (rtt: number) => void = () => {};
  /** Connections whose users have something to be told. */
  readonly noticed = new Queue<Connection>();
  /** Listeners for whom somebody has begun to wait. */
  readonly crowded: Listener[] = [];
  /** Called when something to transmit arose. */
  onPending: () => void = () => {};

  readonly #ports: Ports;
  readonly #deadlines = new Deadlines();

  constructor(settings: TcpSettings, counters: TcpCounters, drop: Drop<TcpDropReason>, secret: Uint8Array) {
    this.settings = settings;
    this.counters = counters;
    this.drop = drop;
    this.hash = new KeyedHash(secret);
    this.#ports = new Ports(this.hash);
    this.table = new Table(this, this.#ports);
    this.turns = new Turns(this);
    this.admission = new Admission(settings);
    this.handshakes = new Handshakes(this);
    this.stateless = new Stateless(this);
  }

  /** SEGMENT ARRIVES (RFC 9293 §3.10.7). */
  receive(datagram: Ipv4Datagram): void {
    const { source, destination, bytes, headerLength } = datagram;
    const sum = pseudoHeaderSum(source, destination, Protocol.TCP, datagram.payloadLength);
    const segment = parseSegment(bytes, sum, this.drop, headerLength);
    if (!segment) return;
    this.counters.segmentsIn++;
    const c = this.table.find(segment.destinationPort, source, segment.sourcePort);
    if (!c || this.#isReborn(c, segment)) return this.#arrivesAtPort(source, segment, c);
    if (this.handshakes.isTooLate(c, segment)) return this.drop('tcp-line-busy');
    if (c.state === 'SYN-SENT') segmentArrivesInSynSent(c, segment);
    else segmentArrives(c, segment);
    this.changed(c);
  }

  deadline(): number {
    const ofConnections = Math.min(this.#deadlines.earliest, this.table.earliestAtRest);
    return Math.min(ofConnections, this.handshakes.deadline(), this.stateless.deadline());
  }

  /** Runs the deadlines that are due. */
  expire(): void {
    while (this.table.earliestAtRest <= this.now) this.table.expireEarliest();
    while (this.#deadlines.earliest <= this.now) {
      const c = this.#deadlines.first!;
      expireConnection(c);
      this.changed(c);
    }
    this.stateless.expire();
  }

  /** Hands the pending notices to the applications, in order; what they do may give rise to more. */
  tellUsers(): void {
    this.stateless.admitWaiting();
    for (let c = this.noticed.shift(); c; c = this.noticed.shift()) tellUser(c);
    for (let listener = this.crowded.pop(); listener; listener = this.crowded.pop()) listener.crowded?.();
    this.table.putToRest();
  }

  /** @throws {Error} when somebody listens at its port already */
  listen(listener: Listener): void {
    this.#ports.listen(listener);
  }

  /** Ends LISTEN: connections that nobody has taken yet are reset, accepted ones live on. */
  unlisten(listener: Listener): void {
    if (this.listenerOf(listener.port) !== listener) return;
    this.table.wakeUntaken(listener);
    this.handshakes.end(listener);
    this.stateless.end(listener);
    this.table.abortUntaken(listener);
    this.#ports.unlisten(listener.port);
  }

  /**
   * OPEN, active.
   *
   * @throws {Error} with a code: the tuple is in use (EADDRINUSE), or every ephemeral port (EADDRNOTAVAIL), or
   *   there is no room (ENOBUFS)
   */
  connect(remoteAddress: number, remotePort: number, options: OpenOptions = {}): Connection {
    const { address } = this.settings;
    const localPort = options.localPort ?? this.#ports.ephemeral(address, remoteAddress, remotePort);
    if (localPort === undefined) throw openError('EADDRNOTAVAIL', 'every ephemeral port is in use');
    if (this.table.isInUse({ localPort, remoteAddress, remotePort }))
      throw openError('EADDRINUSE', `port ${localPort} is in use`);
    if (!this.table.makeRoom())
      throw openError('ENOBUFS', `no room for more than ${this.table.size} connections`);
    const tuple = { localPort, remoteAddress, remotePort };
    const c = openActively(this, tuple, options.timeout ?? this.settings.userTimeout);
    this.changed(c);
    return c;
  }

  /** Who listens on a port. */
  listenerOf(port: number): Listener | undefined {
    return this.#ports.listenerOf(port);
  }

  abortAll(): void {
    this.stateless.clear();
    this.table.abortAll();
  }

  /** Takes a connection out of the table: it is CLOSED. */
  forget(c: Connection, error?: ConnectionError): void {
    if (c.state === 'CLOSED') return;
    c.error = error;
    this.setState(c, 'CLOSED');
  }

  setState(c: Connection, state: State): void {
    if (c.state === state) return;
    if (c.state === 'SYN-RECEIVED' && c.listener) c.listener.halfOpen--;
    c.state = state;
    startQuietTimer(c);
    if (state === 'CLOSED') this.#remove(c);
  }

  /** `c` is at rest, as a row: what is left concerns its user no more. */
  rests(c: Connection): void {
    this.#deadlines.set(c, Number.POSITIVE_INFINITY);
    c.state = 'CLOSED';
    dismissUser(c);
  }

  /** The peer of a quiet connection gave a sign of life. */
  heard(c: Connection): void {
    c.keepAliveProbes = 0;
    startQuietTimer(c);
  }

  /** To be called after anything changed in `c`: queues it for its turns and sets its deadline. */
  changed(c: Connection): void {
    if (c.state === 'CLOSED') return;
    const isGranted = this.turns.grant(c);
    this.settle(c);
    if (isGranted) this.onPending();
  }

  /** Sets what `c` waits for when it has no turn to come. */
  settle(c: Connection): void {
    if (!c.inTextQueue) waitForWindow(c);
    this.table.changed(c);
    this.#deadlines.set(c, deadlineOf(c));
  }

  /**
   * To be called after the user asked something of `c`: it gets a turn. What that means for its deadlines is
   * seen then, for between two calls from outside the time is not known.
   */
  asked(c: Connection): void {
    if (c.state === 'CLOSED') return;
    this.turns.grantText(c);
    this.#deadlines.set(c, deadlineOf(c));
    this.onPending();
  }

  /** Resets the peer of `c` (RFC 9293 §3.10.5). */
  sendReset(c: Tuple & Pick<Connection, 'sndNxt' | 'rcvNxt'>): void {
    const { localPort, remoteAddress, remotePort } = c;
    this.#queueReset(buildReset(this, { localPort, remoteAddress, remotePort }, c.sndNxt, c.rcvNxt));
  }

  /** Sends what answers a segment that belongs to no connection, unless too many answers wait. */
  sendReply(build: () => Uint8Array): void {
    if (!this.turns.takesReplies) return;
    this.turns.queueReply(build());
    this.onPending();
  }

  /** Answers a segment that belongs to no connection (RFC 9293 §3.10.7.1). Never answers a reset. */
  resetSegment(remoteAddress: number, segment: Segment): void {
    if (segment.flags & Flag.RST || !this.turns.takesReplies) return;
    const tuple = { localPort: segment.destinationPort, remoteAddress, remotePort: segment.sourcePort };
    if (segment.flags & Flag.ACK) this.#queueReset(buildReset(this, tuple, segment.ack, undefined));
    else this.#queueReset(buildReset(this, tuple, 0, add(segment.seq, segmentLength(segment))));
  }

  /** An ICMP error quoted a segment of ours that began at `seq`. */
  icmpError(tuple: Tuple, seq: number, error: IcmpError): void {
    const c = this.table.find(tuple.localPort, tuple.remoteAddress, tuple.remotePort);
    if (c) {
      takeIcmpError(c, seq, error);
      this.changed(c);
    } else if (error.kind !== 'too-big' || !this.stateless.isTooBig(tuple, seq)) {
      this.counters.icmpErrorsIgnored++;
    }
  }

  newIss(tuple: Tuple): number {
    const { localPort, remoteAddress, remotePort } = tuple;
    const { address } = this.settings;
    return initialSequenceNumber(this.hash, this.now, address, localPort, remoteAddress, remotePort);
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
    if (this.stateless.arrives(source, segment)) return;
    const listener = this.listenerOf(segment.destinationPort);
    if (listener) {
      const c = openPassively(this, listener, source, segment, previous);
      if (c) this.changed(c);
      return;
    }
    this.drop(segment.flags & Flag.RST ? 'tcp-reset-unexpected' : 'tcp-port-closed');
    this.resetSegment(source, segment);
  }

  #remove(c: Connection): void {
    this.table.remove(c);
    this.#deadlines.set(c, Number.POSITIVE_INFINITY);
    c.flight = undefined;
    c.sendBuffer = undefined;
    c.notify(Notice.CLOSED);
  }

  #queueReset(reset: Uint8Array): void {
    this.counters.resetsOut++;
    this.turns.queueReply(reset);
    this.onPending();
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
  else if (c.state === 'TIME-WAIT' && !c.receiveBuffer) {
    dismissUser(c);
    c.tcp.table.changed(c);
  }
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
  c.tcp.table.taken(c);
  if (listener.deferAccept) c.setKeepAlive(0);
  listener.accept(c);
}
