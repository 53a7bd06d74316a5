import { Flag, type Segment, type TcpOptions } from '../wire/tcp.ts';
import { LONGEST_WAIT } from './admission.ts';
import { segmentArrives } from './arrives.ts';
import type { Connection } from './connection.ts';
import { SynCookies, timestampWithScale } from './cookies.ts';
import { buildDatagram } from './datagram.ts';
import type { Listener } from './listener.ts';
import { openByCookie } from './open.ts';
import type { Tuple } from './ports.ts';
import { handshakeWindow, scaleFor } from './receive-window.ts';
import { sampleRtt } from './rtt.ts';
import { add } from './seq.ts';
import type { Tcp } from './tcp.ts';
import { type Arrival, PATIENCE, WaitingRoom } from './waiting-room.ts';

/**
 * Handshakes without state, for when the backlog or the table is full, or the line has more work than it can
 * do: SYNs wait until the line can take the visit, and are answered by a cookie.
 */
export class Handshakes {
  readonly #tcp: Tcp;
  readonly #cookies: SynCookies;
  readonly #room = new WaitingRoom();
  /** Of the latest handshake that can tell, in ms; 0 before. */
  #roundTrip = 0;

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
    this.#cookies = new SynCookies(tcp.hash, tcp.settings.timestamps);
  }

  /** Whether there is more to do than the line or the table can take. */
  get areWaiting(): boolean {
    return this.#room.length > 0;
  }

  /** Whether a new SYN may be answered at once, by a connection of its own: not where a cookie answers it already. */
  isFree(listener: Listener, tuple: Tuple, segment: Segment): boolean {
    if (this.#room.find(tuple)?.irs === segment.seq) return false;
    if (this.#room.length > 0 || listener.halfOpen >= listener.backlog) return false;
    return this.#nextAt <= this.#tcp.now;
  }

  /** Has a SYN wait. Where too many do, those who came first have the least patience left, and go. */
  wait(listener: Listener, tuple: Tuple, segment: Segment): undefined {
    const { admission, drop, now } = this.#tcp;
    const { seq: irs, options } = segment;
    const times = { arrivedAt: now, heardAt: now, answeredAt: undefined };
    const arrival = { listener, tuple, irs, options, ...times, answers: 0 };
    if (!this.#room.enter(arrival)) return drop('tcp-syn-repeated');
    this.#tcp.crowded.push(listener);
    if (this.#room.length <= admission.room) return undefined;
    this.#room.dropOldest();
    return drop('tcp-line-busy');
  }

  /** When the next who waits may be answered, if that is still to come; Infinity otherwise. */
  deadline(): number {
    const { now } = this.#tcp;
    const at = this.#room.length === 0 ? now : this.#nextAt;
    return at > now ? at : Number.POSITIVE_INFINITY;
  }

  /**
   * The answer to one of those who wait, if the line can take the visit. They are served in the order in which
   * they came; but while more come than can be served, the newest is, who will be patient the longest.
   */
  transmit(): Uint8Array | undefined {
    const { admission, now } = this.#tcp;
    this.#room.relieve(now);
    if (this.#room.length === 0 || this.#nextAt > now) return undefined;
    const arrival = this.#next();
    if (!arrival) return undefined;
    arrival.answeredAt = now;
    arrival.answers++;
    admission.answered(now);
    this.#tcp.counters.cookiesOut++;
    return this.#buildSynAck(arrival);
  }

  /**
   * The acknowledgment of a cookie opens the connection.
   *
   * @returns it; undefined when `segment` acknowledges none, or has been dropped
   */
  finish(listener: Listener, tuple: Tuple, segment: Segment): Connection | undefined {
    const tcp = this.#tcp;
    const options = this.#cookies.offered(tuple, segment, tcp.now);
    if (!options || this.#cookies.isSpent(segment)) return this.#refuse(tuple, segment);
    const arrival = this.#room.find(tuple);
    // Who came so long ago will have left before a page could be there, and so has whoever is not remembered.
    if (this.areWaiting && !(arrival && tcp.now - arrival.arrivedAt <= LONGEST_WAIT))
      return tcp.drop('tcp-line-busy');
    if (!tcp.table.makeRoomForProved(listener)) {
      tcp.crowded.push(listener);
      return tcp.stateless.ask(listener, tuple, segment, options);
    }
    return this.open(listener, tuple, segment, options);
  }

  /** Opens the connection that `segment`, the acknowledgment of a cookie, belongs to. There is room for it. */
  open(listener: Listener, tuple: Tuple, segment: Segment, offered: TcpOptions): Connection {
    const tcp = this.#tcp;
    const arrival = this.#room.find(tuple);
    this.#cookies.spend(segment);
    const c = openByCookie(tcp, listener, tuple, segment, offered);
    c.sentAt = arrival?.answeredAt ?? tcp.now;
    // A request may be a repeated one: an acknowledgment alone is not.
    if (arrival?.answers === 1 && segment.text.length === 0) this.#roundTrip = tcp.now - c.sentAt;
    // Others of the same line take as long (RFC 9040 §4).
    if (this.#roundTrip > 0) sampleRtt(c, this.#roundTrip);
    segmentArrives(c, segment);
    return c;
  }

  /**
   * Whether a first request comes so late, while others wait, that its sender must have left: systems go on
   * sending for those who have.
   */
  isTooLate(c: Connection, { text }: Segment): boolean {
    const isFirst = c.listener !== undefined && c.state === 'ESTABLISHED' && text.length > 0;
    // Of a connection that was at rest it is not known when it was answered.
    const isKnown = c.sentAt > 0;
    return isFirst && isKnown && this.areWaiting && this.#tcp.now - c.sentAt > PATIENCE;
  }

  /** A reset: the answer came too late for who had sent the SYN, and the line is another's. */
  refused(tuple: Tuple, { seq }: Segment): void {
    const arrival = this.#room.find(tuple);
    if (arrival?.answeredAt === undefined || seq !== add(arrival.irs, 1)) return;
    this.#room.forget(arrival);
    this.#tcp.admission.refused();
  }

  /** LISTEN ends at a port. */
  end(listener: Listener): void {
    this.#room.clear(listener);
  }

  /** When the next answer may go out, in ms; Infinity while those who are being served need the line. */
  get #nextAt(): number {
    const { admission, turns } = this.#tcp;
    return turns.needMoreThan(admission.round) ? Number.POSITIVE_INFINITY : admission.nextAt;
  }

  /** Takes out the one to be answered; one whose acknowledgment has come meanwhile needs no answer. */
  #next(): Arrival | undefined {
    const isFull = this.#room.length >= this.#tcp.admission.room;
    const take = () => (isFull ? this.#room.takeNewest() : this.#room.takeOldest(this.#tcp.now));
    let arrival = take();
    while (arrival && this.#tcp.table.isInUse(arrival.tuple)) arrival = take();
    return arrival;
  }

  /** A reset would undo the handshake of a peer whose second segment has overtaken its first. */
  #refuse(tuple: Tuple, segment: Segment): undefined {
    if (!this.#cookies.areOut(this.#tcp.now) || this.#cookies.isSpent(segment))
      this.#tcp.resetSegment(tuple.remoteAddress, segment);
    return this.#tcp.drop('tcp-listen-no-syn');
  }

  #buildSynAck({ tuple, irs, options: offered }: Arrival): Uint8Array {
    const { settings, now } = this.#tcp;
    const options: TcpOptions = { mss: settings.mss };
    if (settings.sack && offered.sackPermitted) options.sackPermitted = true;
    if (settings.timestamps && offered.timestamps) {
      options.timestamps = {
        value: timestampWithScale(now, offered.windowScale),
        echo: offered.timestamps.value,
      };
      if (offered.windowScale !== undefined) options.windowScale = scaleFor(settings.receiveBuffer);
    }
    const seq = this.#cookies.issue(tuple, irs, offered, now);
    const window = handshakeWindow(settings);
    const header = { seq, ack: add(irs, 1), flags: Flag.SYN | Flag.ACK, window, options };
    return buildDatagram(this.#tcp, tuple, seq & 0xffff, header);
  }
}
